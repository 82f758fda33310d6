import { Agent, request } from 'undici'
import type { Answer, InstanceSource } from './instance-source.ts'

export interface ConsulSourceOptions {
  /** `http://host:port` of the agent. */
  readonly agent: string
  readonly service: string
  readonly tag: string | null
  readonly datacenter: string | null
  /** Asked at each query, since it may be replaced; null when the agent needs none. */
  readonly token: () => string | null
}

/** How long the agent holds a question to which nothing has changed; it adds up to a sixteenth. */
const waitSeconds = 50
const answerTimeoutMs = 60_000
const firstAnswerTimeoutMs = 5_000
/** Between two answers, however quickly the register changes. */
const pauseMs = 50

/** What `/v1/health/service` says of an instance, as far as it matters. */
interface Entry {
  readonly Node: { readonly Address: string }
  readonly Service: { readonly Address: string; readonly Port: number }
}

/**
 * Instances that pass all their checks, from a Consul agent, by blocking queries: each names the index of the last answer
 * and is answered once there is a newer one (https://developer.hashicorp.com/consul/api-docs/features/blocking).
 */
export class ConsulSource implements InstanceSource, AsyncDisposable {
  readonly #options: ConsulSourceOptions
  readonly #connections = new Agent({ connections: 1, headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs })
  #index = 0

  constructor(options: ConsulSourceOptions) {
    this.#options = options
  }

  async next(signal: AbortSignal): Promise<Answer> {
    try {
      const { index, entries } = await this.#ask(signal)
      // An index that goes back is that of another history: https://developer.hashicorp.com/consul/api-docs/features/blocking
      this.#index = index < this.#index ? 0 : index
      return { origins: entries.map(originOf), validForMs: pauseMs }
    } catch (error) {
      // Whoever was not answered asks anew, instead of waiting for a change.
      this.#index = 0
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections.destroy()
  }

  async #ask(signal: AbortSignal): Promise<{ index: number; entries: readonly Entry[] }> {
    const { agent, service, tag, datacenter, token } = this.#options
    const key = token()
    const limitMs = this.#index === 0 ? firstAnswerTimeoutMs : answerTimeoutMs
    const answer = await request(`${agent}/v1/health/service/${encodeURIComponent(service)}`, {
      dispatcher: this.#connections,
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
      headers: key === null ? {} : { 'x-consul-token': key },
      query: {
        passing: '1',
        ...(this.#index > 0 && { index: String(this.#index), wait: `${waitSeconds}s` }),
        ...(tag !== null && { tag }),
        ...(datacenter !== null && { dc: datacenter }),
      },
    }).catch((error: unknown) => {
      throw new Error(`cannot be asked (${codeOf(error)})`, { cause: error })
    })
    const text = await answer.body.text()
    if (answer.statusCode === 403) throw new Error('refuses the token in CONSUL_HTTP_TOKEN, or the lack of one')
    if (answer.statusCode !== 200) throw new Error(`answered with status ${answer.statusCode}`)
    const index = Number(answer.headers['x-consul-index'] ?? 0)
    return { index: Number.isSafeInteger(index) && index > 0 ? index : 0, entries: JSON.parse(text) as Entry[] }
  }
}

/** An instance without an address of its own is at that of its node. */
function originOf({ Node, Service }: Entry): string {
  const host = Service.Address === '' ? Node.Address : Service.Address
  return `http://${host.includes(':') ? `[${host}]` : host}:${Service.Port}`
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return String(code ?? name ?? 'unknown')
}
