import type { CallContext } from '@parley/chassis/values/context.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Pool } from 'undici'
import type {
  EmbeddingAnswer,
  EmbeddingRequest,
  ModelClient,
  ModelRequest,
  ModelStep,
  ProviderModel,
} from '../application/ports.ts'
import type { ApiKey } from '../domain/api-key.ts'
import type { AnswerDialect } from './answer-dialect.ts'
import { type ChatFlavour, flavourOf } from './chat-flavour.ts'
import { fetchEmbeddings } from './fetch-embeddings.ts'
import { fetchModelList } from './fetch-model-list.ts'
import { type ExchangeTimeouts, ModelExchange } from './model-exchange.ts'
import { chatAnswers } from './openai-chat-decode.ts'
import { encodeChatBody } from './openai-chat-encode.ts'
import { responsesAnswers } from './openai-responses-decode.ts'
import { encodeResponsesBody } from './openai-responses-encode.ts'
import type { ProviderIdentity } from './provider-failures.ts'
import { clientRequestId, openProviderPool, traceHeader } from './provider-pool.ts'

export interface OpenAiCompatibleOptions {
  readonly name: string
  /** The API root, as the provider's documentation gives it. */
  readonly baseUrl: URL
  readonly apiKey: ApiKey | null
  readonly timeouts: ExchangeTimeouts & { readonly connectMs: number }
  readonly connectionsMax: number
  readonly newId: NewId
  /** Where and how it is asked to generate; Chat Completions when absent. */
  readonly wire?: GenerationWire
}

/** One of the ways in which OpenAI's API generates. */
export interface GenerationWire {
  /** Below the API root. */
  readonly endpoint: string
  readonly answers: AnswerDialect
  /** Throws UNSUPPORTED_PARAMETER for what the dialect cannot express. */
  encode(request: ModelRequest, flavour: ChatFlavour): string
}

export const chatWire: GenerationWire = { endpoint: 'chat/completions', answers: chatAnswers, encode: encodeChatBody }
export const responsesWire: GenerationWire = {
  endpoint: 'responses',
  answers: responsesAnswers,
  encode: encodeResponsesBody,
}

/**
 * A provider that speaks OpenAI's Chat Completions or Responses, over a pool of connections of its own. No redirect is followed, so
 * the key goes to the configured host alone; answers are asked for uncompressed, so that their size can be bounded.
 */
export class OpenAiCompatibleModelClient implements ModelClient, AsyncDisposable {
  readonly #options: OpenAiCompatibleOptions
  readonly #pool: Pool
  readonly #provider: ProviderIdentity
  readonly #flavour: ChatFlavour
  readonly #headers: readonly string[]
  readonly #wire: GenerationWire

  constructor(options: OpenAiCompatibleOptions) {
    const { name, baseUrl, apiKey, timeouts, connectionsMax, wire = chatWire } = options
    this.#wire = wire
    this.#options = options
    this.#provider = { name, secrets: apiKey === null ? [] : [apiKey.reveal()] }
    this.#flavour = flavourOf(baseUrl)
    this.#headers = ['accept-encoding', 'identity', 'user-agent', 'parley', ...authorization(apiKey)]
    this.#pool = openProviderPool({ baseUrl, connectionsMax, connectMs: timeouts.connectMs })
  }

  generate(context: CallContext, request: ModelRequest): AsyncIterable<ModelStep> {
    // The queue is its own iterator: a generator around it would cost two promises per step.
    return { [Symbol.asyncIterator]: () => this.#dispatch(context, request).steps }
  }

  async listModels(context: CallContext): Promise<readonly ProviderModel[]> {
    const headers = [...this.#headers, 'accept', 'application/json']
    const request = { path: this.#path('models'), headers, signal: context.signal }
    return fetchModelList(this.#pool, request, this.#provider)
  }

  async embed({ signal }: CallContext, request: EmbeddingRequest): Promise<EmbeddingAnswer> {
    const headers = [...this.#headers, 'content-type', 'application/json', 'accept', 'application/json']
    headers.push(...traceHeader(request))
    const { firstTokenMs: timeoutMs } = this.#options.timeouts
    const call = { path: this.#path('embeddings'), headers, signal, timeoutMs, request }
    return fetchEmbeddings(this.#pool, call, this.#provider)
  }

  /** Takes no further calls, and closes once those under way have ended. */
  async retire(): Promise<void> {
    await this.#pool.close()
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #dispatch(context: CallContext, request: ModelRequest): ModelExchange {
    const { endpoint, answers, encode } = this.#wire
    const body = encode(request, this.#flavour)
    const incremental = request.delivery === 'incremental'
    const { timeouts, newId } = this.#options
    const { providerModel, options } = request
    const exchange = new ModelExchange({
      dialect: answers,
      provider: this.#provider,
      newId,
      providerModel,
      ...(options.choices !== undefined && { choices: options.choices }),
      incremental,
      context,
      timeouts,
    })
    exchange.start()
    this.#pool.dispatch(
      {
        path: this.#path(endpoint),
        method: 'POST',
        headers: [
          ...this.#headers,
          'content-type',
          'application/json',
          'accept',
          incremental ? 'text/event-stream' : 'application/json',
          'x-client-request-id',
          clientRequestId(request),
          ...traceHeader(request),
        ],
        body,
        // The exchange watches for progress itself; undici only for pieces of a whole answer.
        headersTimeout: 0,
        bodyTimeout: incremental ? 0 : timeouts.idleMs,
      },
      exchange,
    )
    return exchange
  }

  #path(endpoint: string): string {
    const { pathname, search } = this.#options.baseUrl
    return `${pathname.endsWith('/') ? pathname : `${pathname}/`}${endpoint}${search}`
  }
}

function authorization(apiKey: ApiKey | null): string[] {
  return apiKey === null ? [] : ['authorization', `Bearer ${apiKey.reveal()}`]
}
