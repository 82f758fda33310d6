import { BoundCounter, type Tally } from '@parley/chassis/telemetry/metrics/bound-counter.ts'
import { BoundHistogram, type Observer } from '@parley/chassis/telemetry/metrics/bound-histogram.ts'
import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import { Gauge, type Registry } from 'prom-client'
import type { ProviderObserver, ProviderWatch } from '../application/ports.ts'
import type { Route } from '../domain/model-catalogue.ts'

/** What a provider is to blame for. */
const providerFailures = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_UNAUTHORISED',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_GARBLED',
  'PROVIDER_STALLED',
] as const satisfies readonly ErrorCode[]

const firstTokenBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30, 60]
const gapBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const answerBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600]

export interface ProviderMetricsOptions {
  readonly metrics: Registry
  readonly monotonicMs: () => number
  /** The model as a label; of bounded number. */
  readonly labelOf: (route: Route) => string
}

/** Counts calls of providers and how fast they answer, by provider and by model as far as it is known. */
export class ProviderMetrics implements ProviderObserver {
  readonly #monotonicMs: () => number
  readonly #labelOf: (route: Route) => string
  readonly #series = new Map<string, Map<string, ProviderSeries>>()
  readonly #makeSeries: (provider: string, model: string) => ProviderSeries

  constructor({ metrics, monotonicMs, labelOf }: ProviderMetricsOptions) {
    this.#monotonicMs = monotonicMs
    this.#labelOf = labelOf
    const { calls, tokens, answers, firstTokens, gaps } = register(metrics)
    const all = this.#series
    new Gauge({
      name: 'parley_provider_calls_open',
      help: 'Calls that providers are answering.',
      labelNames: ['provider'],
      registers: [metrics],
      collect() {
        for (const [provider, models] of all) {
          this.set(
            { provider },
            [...models.values()].reduce((sum, { open }) => sum + open, 0),
          )
        }
      },
    })
    this.#makeSeries = (provider, model) => {
      for (const outcome of providerFailures) calls.bind({ provider, model, outcome })
      return {
        open: 0,
        ok: calls.bind({ provider, model, outcome: 'ok' }),
        failed: (outcome) => calls.bind({ provider, model, outcome }),
        input: tokens.bind({ provider, model, kind: 'input' }),
        output: tokens.bind({ provider, model, kind: 'output' }),
        answers: answers.bind({ provider, model }),
        firstTokens: firstTokens.bind({ provider, model }),
        gaps: gaps.bind({ provider, model }),
      }
    }
  }

  /** Shows a model's series before its first call, so that a first failure is seen as a rise. */
  expect(route: Route): void {
    this.#seriesOf(route.provider, this.#labelOf(route))
  }

  begun: ProviderObserver['begun'] = (route, isIncremental) =>
    new Watch(this.#seriesOf(route.provider, this.#labelOf(route)), this.#monotonicMs, isIncremental)

  #seriesOf(provider: string, model: string): ProviderSeries {
    let models = this.#series.get(provider)
    if (models === undefined) {
      models = new Map()
      this.#series.set(provider, models)
    }
    let series = models.get(model)
    if (series === undefined) {
      series = this.#makeSeries(provider, model)
      models.set(model, series)
    }
    return series
  }
}

interface ProviderSeries {
  open: number
  readonly ok: Tally
  readonly failed: (outcome: string) => Tally
  readonly input: Tally
  readonly output: Tally
  readonly answers: Observer
  readonly firstTokens: Observer
  readonly gaps: Observer
}

class Watch implements ProviderWatch {
  readonly #series: ProviderSeries
  readonly #monotonicMs: () => number
  readonly #isIncremental: boolean
  readonly #startedMs: number
  #lastMs = 0
  #isOver = false

  constructor(series: ProviderSeries, monotonicMs: () => number, isIncremental: boolean) {
    this.#series = series
    this.#monotonicMs = monotonicMs
    this.#isIncremental = isIncremental
    this.#startedMs = monotonicMs()
    series.open++
  }

  piece(): void {
    if (!this.#isIncremental) return
    const nowMs = this.#monotonicMs()
    if (this.#lastMs === 0) this.#series.firstTokens.observe((nowMs - this.#startedMs) / 1_000)
    else this.#series.gaps.observe((nowMs - this.#lastMs) / 1_000)
    this.#lastMs = nowMs
  }

  answered({ inputTokens, outputTokens }: Usage): void {
    if (this.#isOver) return
    this.#end(this.#series.ok)
    this.#series.answers.observe((this.#monotonicMs() - this.#startedMs) / 1_000)
    this.#series.input.add(inputTokens)
    this.#series.output.add(outputTokens)
  }

  failed(error: unknown): void {
    if (!this.#isOver) this.#end(this.#series.failed(error instanceof AppError ? error.code : 'INTERNAL'))
  }

  left(): void {
    if (!this.#isOver) this.#end(this.#series.failed('CALL_CANCELLED'))
  }

  #end(tally: Tally): void {
    this.#isOver = true
    this.#series.open--
    tally.add(1)
  }
}

function register(metrics: Registry) {
  const registers = [metrics]
  const labelNames = ['provider', 'model'] as const
  return {
    calls: new BoundCounter({
      name: 'parley_provider_calls_total',
      help: 'Calls of providers that have ended: `ok`, or the error code that they ended with.',
      labelNames: [...labelNames, 'outcome'],
      registers,
    }),
    tokens: new BoundCounter({
      name: 'parley_provider_tokens_total',
      help: 'Tokens of complete answers, as the provider or a tokenizer counted them.',
      labelNames: [...labelNames, 'kind'],
      registers,
    }),
    answers: new BoundHistogram({
      name: 'parley_provider_answer_seconds',
      help: 'From the call of a provider to the end of its complete answer.',
      labelNames,
      buckets: answerBuckets,
      registers,
    }),
    firstTokens: new BoundHistogram({
      name: 'parley_provider_first_token_seconds',
      help: 'From the call of a provider to the first piece of a streamed answer.',
      labelNames,
      buckets: firstTokenBuckets,
      registers,
    }),
    gaps: new BoundHistogram({
      name: 'parley_provider_token_gap_seconds',
      help: 'Between two pieces of a streamed answer, mostly of one token each.',
      labelNames,
      buckets: gapBuckets,
      registers,
    }),
  }
}
