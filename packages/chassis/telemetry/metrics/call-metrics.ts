import type { Registry } from 'prom-client'
import { AppError } from '../../values/errors.ts'
import { BoundCounter, type Tally } from './bound-counter.ts'
import { BoundHistogram, type Observer } from './bound-histogram.ts'

/** Counts the calls of one kind: of one contract's call, seen from one side. */
export interface CallMeter {
  /** `startedMs` is of `performance.now()`; `failure` is null for a call that was answered, or what it threw. */
  ended(startedMs: number, failure: unknown): void
}

/** How a call ended. `refused`: the callee said no, and was right to; `failed`: it should have been able to. */
export const callOutcomes = [
  'ok',
  'refused',
  'failed',
  'timeout',
  'unavailable',
  'unknown-outcome',
  'contract',
  'cancelled',
] as const
export type CallOutcome = (typeof callOutcomes)[number]

/** Seconds: from a local call of half a millisecond to a stream of ten minutes. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600]

/** Rate, errors and duration of every contract call that a process makes and serves. Labels come from contracts only. */
export class CallMetrics {
  readonly #made: Sides<'service' | 'call' | 'placement'>
  readonly #served: Sides<'service' | 'call'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.#made = {
      outcomes: new BoundCounter({
        name: 'parley_calls_total',
        help: 'Calls made to a service, by where it runs as seen from here and by how they ended.',
        labelNames: ['service', 'call', 'placement', 'outcome'],
        registers,
      }),
      durations: new BoundHistogram({
        name: 'parley_call_duration_seconds',
        help: 'Calls made to a service, as long as the caller waited; streams to their end.',
        labelNames: ['service', 'call', 'placement'],
        buckets,
        registers,
      }),
    }
    this.#served = {
      outcomes: new BoundCounter({
        name: 'parley_served_calls_total',
        help: 'Calls answered for other processes, by how they ended.',
        labelNames: ['service', 'call', 'outcome'],
        registers,
      }),
      durations: new BoundHistogram({
        name: 'parley_served_call_duration_seconds',
        help: 'Calls answered for other processes, from their head to the end of the answer.',
        labelNames: ['service', 'call'],
        buckets,
        registers,
      }),
    }
  }

  /** For the caller's side. */
  made(service: string, call: string, placement: 'local' | 'remote'): CallMeter {
    return new SeriesMeter(this.#made, { service, call, placement })
  }

  /** For the side of the process that answers over HTTP. */
  served(service: string, call: string): CallMeter {
    return new SeriesMeter(this.#served, { service, call })
  }
}

interface Sides<T extends string> {
  readonly outcomes: BoundCounter<T | 'outcome'>
  readonly durations: BoundHistogram<T>
}

class SeriesMeter<T extends string> implements CallMeter {
  readonly #durations: Observer
  readonly #ok: Tally
  readonly #failures: (outcome: CallOutcome) => Tally

  constructor({ outcomes, durations }: Sides<T>, labels: Record<T, string>) {
    this.#durations = durations.bind(labels)
    const tallyOf = (outcome: CallOutcome) => outcomes.bind({ ...labels, outcome })
    this.#ok = tallyOf('ok')
    this.#failures = tallyOf
  }

  ended(startedMs: number, failure: unknown): void {
    this.#durations.observe((performance.now() - startedMs) / 1_000)
    if (failure === null) this.#ok.add(1)
    else this.#failures(outcomeOf(failure)).add(1)
  }
}

const statusOfFault = 500

function outcomeOf(failure: unknown): CallOutcome {
  if (!(failure instanceof AppError)) return 'failed'
  if (failure.code === 'CALL_CANCELLED') return 'cancelled'
  if (failure.kind !== 'app') return failure.kind
  return failure.status >= statusOfFault ? 'failed' : 'refused'
}
