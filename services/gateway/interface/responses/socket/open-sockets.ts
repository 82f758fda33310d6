/** A connection that can be told to end. */
export interface Endable {
  /** Takes no further turns, and closes once the one under way has ended. */
  endSoon(): void
  terminate(): void
}

/** The WebSocket connections of a process, bounded in number, so that a stopping process can wait for them. */
export class OpenSockets {
  readonly #open = new Set<Endable>()
  readonly #limits: { readonly socketsMax: number }
  #idle: (() => void) | null = null
  #draining = false

  /** The limit is read for each connection: it may change. */
  constructor(limits: { readonly socketsMax: number }) {
    this.#limits = limits
  }

  get hasRoom(): boolean {
    return !this.#draining && this.#open.size < this.#limits.socketsMax
  }

  add(socket: Endable): void {
    this.#open.add(socket)
    if (this.#draining) socket.endSoon()
  }

  delete(socket: Endable): void {
    this.#open.delete(socket)
    if (this.#open.size === 0) this.#idle?.()
  }

  /** Waits until all are closed; once `signal` aborts, cuts off the rest. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true
    if (this.#open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    for (const socket of [...this.#open]) socket.endSoon()
    const cut = () => {
      for (const socket of [...this.#open]) socket.terminate()
      resolve()
    }
    if (signal.aborted) cut()
    signal.addEventListener('abort', cut, { once: true })
    await promise
    signal.removeEventListener('abort', cut)
  }
}
