import type { ServerResponse } from 'node:http'

/** The requests being answered, so that a stopping process can wait for them. */
export class OpenExchanges {
  readonly #open = new Set<ServerResponse>()
  #idle: (() => void) | null = null
  #draining = false

  add(raw: ServerResponse): void {
    this.#open.add(raw)
    if (this.#draining) closeAfterwards(raw)
  }

  delete(raw: ServerResponse): void {
    this.#open.delete(raw)
    if (this.#open.size === 0) this.#idle?.()
  }

  /** Waits until all are answered; once `signal` aborts, cuts off the rest, so that no client takes them for complete. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true
    for (const raw of this.#open) closeAfterwards(raw)
    if (this.#open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    const cut = () => {
      for (const raw of this.#open) raw.destroy()
      resolve()
    }
    if (signal.aborted) cut()
    signal.addEventListener('abort', cut, { once: true })
    await promise
    signal.removeEventListener('abort', cut)
  }
}

/** Tells the client not to use the connection again; without effect once the head was sent. */
function closeAfterwards(raw: ServerResponse): void {
  raw.shouldKeepAlive = false
}
