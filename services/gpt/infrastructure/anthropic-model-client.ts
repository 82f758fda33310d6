import type { CallContext } from '@parley/chassis/values/context.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Pool } from 'undici'
import type { EmbeddingAnswer, ModelClient, ModelRequest, ModelStep, ProviderModel } from '../application/ports.ts'
import type { ApiKey } from '../domain/api-key.ts'
import { messagesAnswers } from './anthropic-decode.ts'
import { type EncodedMessages, encodeCountBody, encodeMessagesBody } from './anthropic-encode.ts'
import { fetchInputTokens } from './fetch-input-tokens.ts'
import { fetchModelList } from './fetch-model-list.ts'
import { type ExchangeTimeouts, ModelExchange } from './model-exchange.ts'
import type { ProviderIdentity } from './provider-failures.ts'
import { clientRequestId, openProviderPool, traceHeader } from './provider-pool.ts'
import { unsupported } from './unsupported.ts'

export interface AnthropicOptions {
  readonly name: string
  /** As Anthropic's SDKs take it, without `/v1`; one that ends so is taken too. */
  readonly baseUrl: URL
  readonly apiKey: ApiKey | null
  readonly timeouts: ExchangeTimeouts & { readonly connectMs: number }
  readonly connectionsMax: number
  readonly newId: NewId
}

/**
 * A provider that speaks Anthropic's Messages, over a pool of connections of its own. No redirect is followed, so the key
 * goes to the configured host alone; answers are asked for uncompressed, so that their size can be bounded.
 */
export class AnthropicModelClient implements ModelClient, AsyncDisposable {
  readonly #options: AnthropicOptions
  readonly #pool: Pool
  readonly #provider: ProviderIdentity
  readonly #headers: readonly string[]

  constructor(options: AnthropicOptions) {
    const { name, baseUrl, apiKey, timeouts, connectionsMax } = options
    this.#options = options
    this.#provider = { name, secrets: apiKey === null ? [] : [apiKey.reveal()] }
    this.#headers = [
      ...['accept-encoding', 'identity', 'user-agent', 'parley'],
      ...(apiKey === null ? [] : ['x-api-key', apiKey.reveal()]),
    ]
    this.#pool = openProviderPool({ baseUrl, connectionsMax, connectMs: timeouts.connectMs })
  }

  generate(context: CallContext, request: ModelRequest): AsyncIterable<ModelStep> {
    return { [Symbol.asyncIterator]: () => this.#dispatch(context, request).steps }
  }

  async listModels({ signal }: CallContext): Promise<readonly ProviderModel[]> {
    const headers = [...this.#headers, 'anthropic-version', '2023-06-01', 'accept', 'application/json']
    return fetchModelList(this.#pool, { path: this.#path('models', 'limit=1000'), headers, signal }, this.#provider)
  }

  async embed(): Promise<EmbeddingAnswer> {
    throw unsupported('model', 'embeddings; ask a model of another provider')
  }

  async countInput({ signal }: CallContext, request: ModelRequest): Promise<number> {
    const encoded = encodeCountBody(request)
    const headers = [...this.#bodyHeaders(encoded), 'accept', 'application/json']
    const call = { path: this.#path('messages/count_tokens'), headers, body: encoded.body, signal }
    return fetchInputTokens(this.#pool, call, this.#provider)
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
    const encoded = encodeMessagesBody(request)
    const incremental = request.delivery === 'incremental'
    const { timeouts, newId } = this.#options
    const { providerModel } = request
    const provider = this.#provider
    const exchange = new ModelExchange({
      dialect: messagesAnswers,
      provider,
      newId,
      providerModel,
      incremental,
      context,
      timeouts,
    })
    exchange.start()
    const accept = incremental ? 'text/event-stream' : 'application/json'
    this.#pool.dispatch(
      {
        path: this.#path('messages'),
        method: 'POST',
        headers: [
          ...this.#bodyHeaders(encoded),
          ...['accept', accept, 'x-client-request-id', clientRequestId(request)],
          ...traceHeader(request),
        ],
        body: encoded.body,
        // The exchange watches for progress itself; undici only for pieces of a whole answer.
        headersTimeout: 0,
        bodyTimeout: incremental ? 0 : timeouts.idleMs,
      },
      exchange,
    )
    return exchange
  }

  #bodyHeaders({ headers }: EncodedMessages): string[] {
    return [...this.#headers, ...headers, 'content-type', 'application/json']
  }

  #path(endpoint: string, query = ''): string {
    const { pathname, search } = this.#options.baseUrl
    const root = pathname.replace(/\/+$/, '')
    const given = search.slice(1)
    const all = [given, query].filter((part) => part !== '').join('&')
    return `${root.endsWith('/v1') ? root : `${root}/v1`}/${endpoint}${all === '' ? '' : `?${all}`}`
  }
}
