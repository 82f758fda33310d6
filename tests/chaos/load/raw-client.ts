import { Agent, type IncomingMessage, request } from 'node:http'
import type { SeenEvent } from '../evidence/evidence.ts'

export interface RawRequest {
  readonly method?: string
  readonly path: string
  readonly key: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface RawAnswer {
  readonly status: number
  /** `x-should-retry`: what the server says of sending the same again; null when it says nothing. */
  readonly shouldRetry: boolean | null
  readonly text: string
}

export interface RawStream {
  readonly answer: IncomingMessage
  /** Events as they come. Ends when the connection does, however it does; see `isComplete`. */
  readonly events: AsyncIterable<SeenEvent>
  /** The mark of the end has come. */
  isComplete(): boolean
}

/** Nothing is known of what became of a request. */
export class ConnectionBroken extends Error {
  override readonly name = 'ConnectionBroken'
}

/** Plain HTTP without a library's repetitions, in which every byte can be looked at. */
export class RawClient {
  readonly #url: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 512 })

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Throws ConnectionBroken. */
  async send(options: RawRequest): Promise<RawAnswer> {
    const answer = await this.open(options)
    try {
      let text = ''
      for await (const chunk of answer.setEncoding('utf8')) text += chunk
      if (!answer.complete) throw new Error('the answer ended early')
      return { status: answer.statusCode ?? 0, shouldRetry: shouldRetryOf(answer), text }
    } catch (cause) {
      throw new ConnectionBroken('the answer broke off', { cause })
    }
  }

  /** Resolves once the head has come. Throws ConnectionBroken. */
  open({ method, path, key, body, headers = {}, signal }: RawRequest): Promise<IncomingMessage> {
    const text = body === undefined ? null : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const sent = request({
        host: this.#url.hostname,
        port: this.#url.port,
        agent: this.#agent,
        method: method ?? (text === null ? 'GET' : 'POST'),
        path,
        signal,
        headers: {
          authorization: `Bearer ${key}`,
          ...(text !== null && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      })
      sent.setNoDelay(true)
      sent.once('response', resolve)
      sent.on('error', (cause) => reject(new ConnectionBroken('the connection broke', { cause })))
      sent.end(text ?? undefined)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

export function shouldRetryOf({ headers }: IncomingMessage): boolean | null {
  const said = headers['x-should-retry']
  return said === undefined ? null : said === 'true'
}

/** The numbered events of an answer that is a stream of them. */
export function readStream(answer: IncomingMessage): RawStream {
  let isComplete = false
  async function* events(): AsyncGenerator<SeenEvent> {
    let rest = ''
    try {
      for await (const chunk of answer.setEncoding('utf8')) {
        rest += chunk
        for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
          const raw = rest.slice(0, end)
          rest = rest.slice(end + 2)
          if (raw === 'data: [DONE]') isComplete = true
          else if (!raw.startsWith(':')) yield { seq: numberOf(raw), raw }
        }
      }
    } catch {
      // A connection that breaks is what these streams are read for.
    }
  }
  return { answer, events: events(), isComplete: () => isComplete }
}

function numberOf(raw: string): number {
  const data = raw.slice(raw.indexOf('\ndata: ') + '\ndata: '.length)
  return Number((JSON.parse(data) as { sequence_number?: unknown }).sequence_number)
}
