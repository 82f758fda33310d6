import { CallScope } from '@parley/chassis/contract/call-scope.ts'
import type { Tracer } from '@parley/chassis/telemetry/tracing/tracer.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { EmbeddingAnswer, EmbeddingRequest, ModelClient, ModelRequest, ModelStep } from '../application/ports.ts'
import { describeEmbedding, describeGeneration, type TracedProvider } from './gen-ai-attributes.ts'
import { inputContent } from './gen-ai-content.ts'
import { type GenerationSpan, TracedSteps } from './traced-steps.ts'

export interface TracedModelOptions {
  readonly provider: TracedProvider
  readonly tracer: Tracer
  /** Whether prompts and answers are put into spans. */
  readonly captureContent: boolean
  /** Whether the provider is told of the trace: for one's own, since it is nobody else's business. */
  readonly tellsProvider: boolean
}

/**
 * A provider whose calls are spans, named and described by OpenTelemetry's conventions for generative AI. Calls of traces
 * that are not recorded go straight to the client within.
 */
export class TracedModelClient implements ModelClient {
  readonly #inner: ModelClient
  readonly #options: TracedModelOptions
  readonly countInput?: NonNullable<ModelClient['countInput']>

  constructor(inner: ModelClient, options: TracedModelOptions) {
    this.#inner = inner
    this.#options = options
    if (inner.countInput !== undefined) this.countInput = inner.countInput.bind(inner)
  }

  generate(context: CallContext, request: ModelRequest): AsyncIterable<ModelStep> {
    return { [Symbol.asyncIterator]: () => this.#begin(context, request) }
  }

  async embed(context: CallContext, request: EmbeddingRequest): Promise<EmbeddingAnswer> {
    const { tracer, provider } = this.#options
    const span = tracer.start(context, describeEmbedding(provider, request))
    const scope = CallScope.child(context, context.deadline.remainingMs(), span)
    try {
      const answer = await this.#inner.embed(scope, this.#told(scope, request))
      span?.set('gen_ai.response.model', answer.providerModel)
      if (answer.inputTokens !== null) span?.set('gen_ai.usage.input_tokens', answer.inputTokens)
      return answer
    } catch (error) {
      scope.failed(error)
      throw error
    } finally {
      scope.close()
    }
  }

  listModels: ModelClient['listModels'] = (context) => this.#inner.listModels(context)

  #begin(context: CallContext, request: ModelRequest): AsyncIterator<ModelStep> {
    const { tracer, provider, captureContent } = this.#options
    const span = tracer.start(context, describeGeneration(provider, request))
    if (span === null) {
      return this.#inner.generate(context, this.#told(context, request))[Symbol.asyncIterator]()
    }
    if (captureContent) for (const [name, value] of inputContent(request)) span.set(name, value)
    const scope = CallScope.child(context, context.deadline.remainingMs(), span)
    const steps = this.#inner.generate(scope, this.#told(scope, request))[Symbol.asyncIterator]()
    const told: GenerationSpan = { span, scope, captureContent, isIncremental: request.delivery === 'incremental' }
    return new TracedSteps(steps, told)
  }

  #told<R extends ModelRequest | EmbeddingRequest>({ traceparent }: CallContext, request: R): R {
    return this.#options.tellsProvider && traceparent !== null ? { ...request, traceparent } : request
  }
}
