import type { Timers } from '../values/timers.ts'
import type { Envelope } from './envelope.ts'

export interface PublishedEventsOptions {
  readonly timers: Timers
  /** Removes events from the outbox. */
  readonly remove: (envelopes: readonly Envelope[]) => Promise<void>
  readonly failed: (error: unknown) => void
  /** How long a published event may wait for others to be removed with it. */
  readonly lingerMs: number
  /** How long to wait after a removal failed. */
  readonly retryMs: number
}

const removalMax = 500

/**
 * Events that every subscriber has taken and that are still in the outbox. They are removed in batches; one that a crash
 * leaves behind is sent again and has no second effect.
 */
export class PublishedEvents {
  readonly #options: PublishedEventsOptions
  readonly #events = new Map<string, Envelope>()
  /** What the last removal took: a read that was under way at the time may still show it. */
  #removed: ReadonlySet<string> = new Set()
  #cancelTimer: (() => void) | null = null
  #removing: Promise<void> | null = null

  constructor(options: PublishedEventsOptions) {
    this.#options = options
  }

  has(id: string): boolean {
    return this.#events.has(id) || this.#removed.has(id)
  }

  add(envelope: Envelope): void {
    this.#events.set(envelope.id, envelope)
    if (this.#events.size === removalMax) this.#removeNow()
    else this.#removeAfter(this.#options.lingerMs)
  }

  /** Resolves when everything added so far was removed, or could not be. */
  async flush(): Promise<void> {
    await this.#removing
    this.#removeNow()
    await this.#removing
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #removeAfter(delayMs: number): void {
    if (this.#cancelTimer !== null || this.#removing !== null) return
    this.#cancelTimer = this.#options.timers.after(delayMs, () => this.#removeNow())
  }

  #removeNow(): void {
    this.stop()
    if (this.#removing !== null || this.#events.size === 0) return
    this.#removing = this.#remove().then((delayMs) => {
      this.#removing = null
      if (this.#events.size > 0) this.#removeAfter(delayMs)
    })
  }

  async #remove(): Promise<number> {
    const { remove, failed, lingerMs, retryMs } = this.#options
    const events = [...this.#events.values()]
    try {
      for (let index = 0; index < events.length; index += removalMax) {
        const some = events.slice(index, index + removalMax)
        await remove(some)
        for (const { id } of some) this.#events.delete(id)
      }
      this.#removed = new Set(events.map(({ id }) => id))
      return lingerMs
    } catch (error) {
      failed(error)
      return retryMs
    }
  }
}
