import { setTimeout as delay } from 'node:timers/promises'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import { type PlannedOutput, planAnswer, type SimulatedAnswer } from '@parley/testkit/simulated/simulated-model.ts'
import type { ModelClient, ModelEnd, ModelRequest, ModelStep, ProviderModel } from '../application/ports.ts'
import type { ExchangeTimeouts } from './chat-exchange.ts'
import {
  garbled,
  type ProviderIdentity,
  reportedFailure,
  stalled,
  statusFailure,
  transportFailure,
} from './provider-failures.ts'
import { StepWriter } from './step-writer.ts'

export interface SimulatedModelOptions {
  readonly name: string
  readonly timeouts: ExchangeTimeouts
  readonly newId: NewId
}

/** The simulated model without a network between: same answers, same failures, same times as over HTTP. */
export class SimulatedModelClient implements ModelClient {
  readonly #options: SimulatedModelOptions
  readonly #provider: ProviderIdentity

  constructor(options: SimulatedModelOptions) {
    this.#options = options
    this.#provider = { name: options.name, secrets: [] }
  }

  async *generate({ signal }: CallContext, request: ModelRequest): AsyncGenerator<ModelStep, void> {
    if (signal.aborted) throw cancelled(signal)
    const plan = planAnswer(request)
    if (plan.kind === 'failure') {
      const { status, code, message, retryAfterSeconds } = plan
      const retryAfterMs = retryAfterSeconds === null ? null : retryAfterSeconds * 1_000
      throw statusFailure({ status, retryAfterMs, body: JSON.stringify({ error: { code, message } }) }, this.#provider)
    }
    if (request.delivery === 'incremental') yield* this.#generateIncremental(plan, signal)
    else yield* this.#generateWhole(plan, signal)
    yield toModelEnd(plan, request)
  }

  async listModels(): Promise<readonly ProviderModel[]> {
    return [{ providerModel: 'simulated', createdAt: null }]
  }

  async *#generateWhole(plan: SimulatedAnswer, signal: AbortSignal): AsyncGenerator<ModelStep, void> {
    const deltaCount = plan.outputs.reduce((sum, output) => sum + output.chunks.length, 0)
    await pause(plan.firstMs + plan.intervalMs * Math.max(0, deltaCount - 1), signal)
    if (plan.breakdown !== null) await this.#breakDown(plan, { signal, silenceMaxMs: this.#options.timeouts.answerMs })
    const writer = new StepWriter(this.#options.newId)
    for (const output of plan.outputs) {
      begin(writer, output)
      write(writer, output, output.chunks.join(''))
    }
    writer.finish(plan.finish)
    yield* writer.take()
  }

  async *#generateIncremental(plan: SimulatedAnswer, signal: AbortSignal): AsyncGenerator<ModelStep, void> {
    const { firstTokenMs, idleMs } = this.#options.timeouts
    const writer = new StepWriter(this.#options.newId)
    let deltaCount = 0
    for (const output of plan.outputs) {
      begin(writer, output)
      for (const chunk of output.chunks) {
        if (deltaCount === plan.breakdown?.deltas) break
        const delayMs = deltaCount === 0 ? plan.firstMs : plan.intervalMs
        if (delayMs > 0) await pause(delayMs, signal)
        write(writer, output, chunk)
        deltaCount++
        yield* writer.take()
      }
    }
    const silenceMaxMs = deltaCount === 0 ? firstTokenMs : idleMs
    if (plan.breakdown !== null) await this.#breakDown(plan, { signal, silenceMaxMs })
    writer.finish(plan.finish)
    yield* writer.take()
  }

  /** Always throws: what a provider that breaks down like this looks like from here. */
  async #breakDown(
    { breakdown }: SimulatedAnswer,
    { signal, silenceMaxMs }: { signal: AbortSignal; silenceMaxMs: number },
  ): Promise<never> {
    switch (breakdown?.kind) {
      case 'stall':
      case 'pings':
        await pause(silenceMaxMs, signal)
        throw stalled(this.#provider)
      case 'error':
        throw reportedFailure({ message: 'The simulated provider was told to fail.' }, this.#provider)
      case 'disconnect':
        throw transportFailure(new Error('the simulated provider hung up'), {
          provider: this.#provider,
          answering: breakdown.deltas > 0,
        })
      default:
        throw garbled(this.#provider, 'it was told to break off its answer')
    }
  }
}

function begin(writer: StepWriter, output: PlannedOutput): void {
  if (output.type === 'call') writer.startCall(output)
}

function write(writer: StepWriter, { type }: PlannedOutput, text: string): void {
  if (type === 'call') writer.arguments(text)
  else writer[type](text)
}

function toModelEnd({ finish, usage, directives }: SimulatedAnswer, { providerModel }: ModelRequest): ModelEnd {
  const reported = { ...usage, cachedInputTokens: 0, provenance: 'provider' as const }
  return { type: 'model-end', finish, usage: directives.usage === 'missing' ? null : reported, providerModel }
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs === 0) return
  try {
    await delay(delayMs, undefined, { signal })
  } catch {
    throw cancelled(signal)
  }
}

function cancelled(signal: AbortSignal): AppError {
  return signal.reason instanceof AppError ? signal.reason : new AppError('CALL_CANCELLED', 'The call was cancelled.')
}
