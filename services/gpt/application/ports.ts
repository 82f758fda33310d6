import type { CallContext } from '@parley/chassis/values/context.ts'
import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import type { Delivery, EmbeddingEncoding, GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item, NativeFields } from '@parley/kernel/items.ts'
import type { Provenance, Usage } from '@parley/kernel/usage.ts'
import type { Route } from '../domain/model-catalogue.ts'

/** One provider that generates. An adapter per dialect; the same promise for all. */
export interface ModelClient {
  /**
   * Calls the provider once, when the first step is asked for, and never again: retrying is the caller's decision.
   *
   * Yields output steps in the order that `@parley/kernel/frames.ts` describes, then `model-end` as the last; ending
   * without one does not happen. The steps of a `whole` delivery come together, once the answer is complete.
   *
   * Throws, also after steps have been yielded: CONTEXT_TOO_LONG, MODEL_NOT_FOUND, PROVIDER_REFUSED,
   * UNSUPPORTED_PARAMETER (mend the request) · PROVIDER_UNAUTHORISED (the operator must mend the key) ·
   * PROVIDER_RATE_LIMITED with `retryAfterMs`, PROVIDER_UNAVAILABLE, PROVIDER_STALLED, PROVIDER_GARBLED (may be retried
   * elsewhere) · the reason of `context.signal` once it has aborted. No message contains a key.
   *
   * An aborted signal, and a consumer that stops iterating, end the provider's request at once. A consumer that is slow
   * slows the provider: what is buffered stays bounded.
   */
  generate(context: CallContext, request: ModelRequest): AsyncIterable<ModelStep>
  /**
   * Calls the provider once. The vectors come in the order of the input and in the encoding asked for, whatever the
   * provider made of that. Throws like `generate`.
   */
  embed(context: CallContext, request: EmbeddingRequest): Promise<EmbeddingAnswer>
  /**
   * The tokens of a request's input as the provider counts them, in one call of the provider. Absent where the dialect
   * has no such call. Throws like `generate`.
   */
  countInput?(context: CallContext, request: ModelRequest): Promise<number>
  /** The provider's own list, in its order. Throws like `generate`. */
  listModels(context: CallContext): Promise<readonly ProviderModel[]>
}

export interface ModelRequest {
  readonly responseId: string
  readonly attempt: number
  /** The provider's name for the model. */
  readonly providerModel: string
  readonly instructions: string | null
  readonly items: readonly Item[]
  readonly options: GenerationOptions
  readonly delivery: Delivery
  /** W3C trace context for the provider; absent: it is told nothing of it. */
  readonly traceparent?: string
}

export interface EmbeddingRequest {
  /** The provider's name for the model. */
  readonly providerModel: string
  /** Texts, or the same as tokens of the model. */
  readonly input: readonly string[] | readonly (readonly number[])[]
  readonly encoding: EmbeddingEncoding
  readonly dimensions: number | null
  readonly native: Readonly<Record<string, unknown>>
  /** As in ModelRequest. */
  readonly traceparent?: string
}

export interface EmbeddingAnswer {
  readonly embeddings: (string | number[])[]
  /** Null when the provider did not say. */
  readonly inputTokens: number | null
  readonly providerModel: string
}

export type ModelStep = OutputStep | ModelEnd

export interface ModelEnd {
  readonly type: 'model-end'
  readonly finish: FinishReason
  /** Null when the provider did not say. */
  readonly usage: Usage | null
  /** The model that the provider says it used. */
  readonly providerModel: string
  /** The stop sequence that ended the answer, when the provider names it. */
  readonly stopSequence?: string
  /** Why each choice ended, when several were asked for. */
  readonly finishes?: FinishReason[]
  /** How the provider's dialect tells the end, where it says more. */
  readonly native?: NativeFields
}

export interface ProviderModel {
  readonly providerModel: string
  /** Milliseconds since the epoch; null when the provider does not say. */
  readonly createdAt: number | null
}

/** Hears how calls of providers go. */
export interface ProviderObserver {
  /** The provider that the route leads to is called now. `isIncremental`: its answer is to come in pieces. */
  begun(route: Route, isIncremental: boolean): ProviderWatch
}

/** One call; what is told after its end changes nothing. */
export interface ProviderWatch {
  /** A piece of the answer came. */
  piece(): void
  /** The answer is complete. */
  answered(usage: Usage): void
  failed(error: unknown): void
  /** Nobody wants the rest of the answer. */
  left(): void
}

export interface TokenCounter {
  /**
   * The tokens of each text together, as the model's tokenizer splits them. Takes bounded time whatever the texts: where
   * the bound is reached, or the tokenizer is not known, the rest is estimated and the provenance says so. Never throws.
   */
  count(model: string, texts: readonly string[]): Promise<TokenCount>
}

export interface TokenCount {
  readonly tokens: number
  readonly provenance: Provenance
}
