import type { ServerResponse } from 'node:http'
import type { PreparedAnswer } from './prepared-answer.ts'
import type { UpstreamRequest } from './upstream-request.ts'

/** Sends the parts at their times and ends as the answer says; keeps the log entry up to date. */
export function sendAnswer(response: ServerResponse, answer: PreparedAnswer, entry: UpstreamRequest): void {
  const { parts, ending } = answer
  const [first] = parts
  if (parts.length === 1 && ending === 'end' && first !== undefined) {
    response.writeHead(answer.status, [...answer.headers, 'x-request-id', entry.id])
    entry.bytes = first.length
    entry.ended = true
    response.end(first)
    return
  }
  new PacedAnswer(response, answer, entry).start()
}

const pingIntervalMs = 50

class PacedAnswer {
  readonly #response: ServerResponse
  readonly #answer: PreparedAnswer
  readonly #entry: UpstreamRequest
  #next = 0
  #timer: NodeJS.Timeout | null = null

  constructor(response: ServerResponse, answer: PreparedAnswer, entry: UpstreamRequest) {
    this.#response = response
    this.#answer = answer
    this.#entry = entry
  }

  start(): void {
    this.#response.on('close', () => {
      if (this.#timer !== null) clearTimeout(this.#timer)
      this.#entry.aborted = !this.#entry.ended
    })
    if (this.#answer.parts.length === 0) {
      this.#finish()
      return
    }
    this.#response.writeHead(this.#answer.status, [...this.#answer.headers, 'x-request-id', this.#entry.id])
    if (this.#answer.parts[0]?.length === 0) this.#response.flushHeaders()
    this.#writeNext()
  }

  readonly #writeNext = (): void => {
    if (this.#response.destroyed) return
    const part = this.#answer.parts[this.#next++]
    let flowing = true
    if (part !== undefined && part.length > 0) {
      this.#entry.bytes += part.length
      flowing = this.#response.write(part)
    }
    // A consumer that does not read stops the model, as backpressure would.
    if (this.#next >= this.#answer.parts.length) this.#finish()
    else if (flowing) this.#schedule()
    else this.#response.once('drain', () => this.#schedule())
  }

  #schedule(): void {
    const delayMs = this.#next === 1 ? this.#answer.firstMs : this.#answer.intervalMs
    if (delayMs > 0) this.#timer = setTimeout(this.#writeNext, delayMs)
    else setImmediate(this.#writeNext)
  }

  #finish(): void {
    switch (this.#answer.ending) {
      case 'end':
        this.#entry.ended = true
        this.#response.end()
        return
      case 'short':
        this.#entry.ended = true
        this.#response.socket?.end()
        return
      case 'reset':
        this.#entry.ended = true
        // What was written reaches the peer before the reset does only if it left this process first.
        setImmediate(() => this.#response.socket?.resetAndDestroy())
        return
      case 'pings':
        this.#ping()
        return
      case 'stall':
        return
    }
  }

  readonly #ping = (): void => {
    if (this.#response.destroyed) return
    this.#response.write(this.#answer.ping)
    this.#timer = setTimeout(this.#ping, pingIntervalMs)
  }
}
