import { setTimeout as delay } from 'node:timers/promises'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import { planEmbeddings } from '@parley/testkit/simulated/embeddings.ts'
import { toLogprobs } from '@parley/testkit/simulated/log-probabilities.ts'
import {
  type PlannedOutput,
  planAnswer,
  type SimulatedAnswer,
  type SimulatedFailure,
} from '@parley/testkit/simulated/simulated-model.ts'
import type {
  EmbeddingAnswer,
  EmbeddingRequest,
  ModelClient,
  ModelEnd,
  ModelRequest,
  ModelStep,
  ProviderModel,
} from '../application/ports.ts'
import { encodeVector } from './embedding-vectors.ts'
import { refuseHosted } from './hosted-item.ts'
import type { ExchangeTimeouts } from './model-exchange.ts'
import { customToolNames } from './openai-chat-tools.ts'
import {
  garbled,
  type ProviderIdentity,
  reportedFailure,
  stalled,
  statusFailure,
  transportFailure,
} from './provider-failures.ts'
import { refuseMessagesOnly } from './refuse-messages-only.ts'
import { StepLog, StepWriter } from './step-writer.ts'

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
    refuseMessagesOnly(request)
    for (const [index, item] of request.items.entries()) refuseHosted(item, `input[${index}]`)
    const plan = planAnswer({ ...request, customTools: customToolNames(request.options.native) })
    if (plan.kind === 'failure') throw this.#toldToFail(plan)
    if (request.delivery === 'incremental') yield* this.#generateIncremental(plan, signal)
    else yield* this.#generateWhole(plan, signal)
    yield toModelEnd(plan, request)
  }

  async embed({ signal }: CallContext, request: EmbeddingRequest): Promise<EmbeddingAnswer> {
    if (signal.aborted) throw cancelled(signal)
    const plan = planEmbeddings(request.input, request.dimensions)
    if (plan.kind === 'failure') throw this.#toldToFail(plan)
    await pause(plan.firstMs, signal)
    const { vectors, inputTokens } = plan
    const embeddings = vectors.map((vector) => encodeVector(vector, request.encoding))
    return { embeddings, inputTokens, providerModel: request.providerModel }
  }

  #toldToFail({ status, code, message, retryAfterSeconds }: SimulatedFailure): AppError {
    const retryAfterMs = retryAfterSeconds === null ? null : retryAfterSeconds * 1_000
    return statusFailure({ status, retryAfterMs, body: JSON.stringify({ error: { code, message } }) }, this.#provider)
  }

  async listModels(): Promise<readonly ProviderModel[]> {
    return [{ providerModel: 'simulated', createdAt: null }]
  }

  async *#generateWhole(plan: SimulatedAnswer, signal: AbortSignal): AsyncGenerator<ModelStep, void> {
    const deltaCount = plan.outputs.reduce((sum, output) => sum + output.chunks.length, 0)
    await pause(plan.firstMs + plan.intervalMs * Math.max(0, deltaCount - 1), signal)
    if (plan.breakdown !== null) await this.#breakDown(plan, { signal, silenceMaxMs: this.#options.timeouts.answerMs })
    const writers = this.#openWriters(plan)
    for (const [choice, writer] of writers.entries()) {
      for (const output of plan.outputs.filter((planned) => planned.choice === choice)) {
        begin(writer, output)
        write(writer, { output, chunks: output.chunks, topLogprobs: plan.topLogprobs })
      }
      writer.finish(plan.finish)
    }
    yield* writers[0]?.take() ?? []
  }

  async *#generateIncremental(plan: SimulatedAnswer, signal: AbortSignal): AsyncGenerator<ModelStep, void> {
    const { firstTokenMs, idleMs } = this.#options.timeouts
    const writers = this.#openWriters(plan)
    let deltaCount = 0
    for (const output of plan.outputs) {
      const writer = writers[output.choice]
      if (writer === undefined) continue
      begin(writer, output)
      for (const chunk of output.chunks) {
        if (deltaCount === plan.breakdown?.deltas) break
        const delayMs = deltaCount === 0 ? plan.firstMs : plan.intervalMs
        if (delayMs > 0) await pause(delayMs, signal)
        write(writer, { output, chunks: [chunk], topLogprobs: plan.topLogprobs })
        deltaCount++
        yield* writer.take()
      }
    }
    const silenceMaxMs = deltaCount === 0 ? firstTokenMs : idleMs
    if (plan.breakdown !== null) await this.#breakDown(plan, { signal, silenceMaxMs })
    for (const writer of writers) writer.finish(plan.finish)
    yield* writers[0]?.take() ?? []
  }

  #openWriters({ choiceCount }: SimulatedAnswer): readonly StepWriter[] {
    const log = new StepLog()
    return Array.from({ length: choiceCount }, (_, choice) => new StepWriter(this.#options.newId, { log, choice }))
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

interface Writing {
  readonly output: PlannedOutput
  readonly chunks: readonly string[]
  readonly topLogprobs: number | null
}

function write(writer: StepWriter, { output, chunks, topLogprobs }: Writing): void {
  const text = chunks.join('')
  if (output.type === 'call') writer.arguments(text)
  else if (output.type === 'text' && topLogprobs !== null) {
    const logprobs = chunks.flatMap((chunk) => toLogprobs(chunk, topLogprobs))
    writer.text(text, logprobs)
  } else writer[output.type](text)
}

function toModelEnd(answer: SimulatedAnswer, { providerModel }: ModelRequest): ModelEnd {
  const { finish, stopSequence, usage, directives, choiceCount } = answer
  const reported = { ...usage, cachedInputTokens: 0, provenance: 'provider' as const }
  return {
    type: 'model-end',
    finish,
    usage: directives.usage === 'missing' ? null : reported,
    providerModel,
    ...(choiceCount > 1 && { finishes: Array.from({ length: choiceCount }, () => finish) }),
    ...(stopSequence !== null && { stopSequence }),
  }
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
