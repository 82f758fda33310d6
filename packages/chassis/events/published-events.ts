import type { Timers } from '../values/timers.ts'
import type { Envelope } from './envelope.ts'

export interface PublishedEventsOptions {
  readonly timers: Timers
  /** Removes events from the outbox. */
  readonly remove: (envelopes: readonly Envelope[]) => Promise<void>
  readonly failed: (error: unknown) => void
  /** A published event waits for others to be removed with it, once or twice as long. */
  readonly lingerMs: number
  /** How long to wait after a removal failed. */
  readonly retryMs: number
}

const removalMax = 500

/**
 * Events that every subscriber has taken and that are still in the outbox. They leave it with a unit of work that has an
 * errand there anyway, or in batches; one that a crash leaves behind is sent again and has no second effect.
 */
export class PublishedEvents {
  readonly #options: PublishedEventsOptions
  /** Since the last round, and from before it: the latter are due, since no unit of work came for them. */
  #young = new Map<string, Envelope>()
  #old = new Map<string, Envelope>()
  /** What no unit of work was given to remove; it may hold some that are gone. */
  #untaken: Envelope[] = []
  /** What has left lately: a read that was under way at the time may still show it. */
  #removed: ReadonlySet<string> = new Set()
  #leaving = new Set<string>()
  #cancelTimer: (() => void) | null = null
  #removing: Promise<void> | null = null

  constructor(options: PublishedEventsOptions) {
    this.#options = options
  }

  has(id: string): boolean {
    return this.#isHere(id) || this.#leaving.has(id) || this.#removed.has(id)
  }

  /** How many are still in the outbox. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  add(envelope: Envelope): void {
    this.#young.set(envelope.id, envelope)
    this.#untaken.push(envelope)
    if (this.size === removalMax) this.#removeAll()
    else this.#plan(this.#options.lingerMs)
  }

  /** One to be removed by a unit of work, which says so by `left`; without that it goes with a batch. */
  take(): Envelope | undefined {
    for (let next = this.#untaken.shift(); next !== undefined; next = this.#untaken.shift()) {
      if (this.#isHere(next.id)) return next
    }
    return undefined
  }

  left({ id }: Envelope): void {
    if (this.#young.delete(id) || this.#old.delete(id)) this.#leaving.add(id)
  }

  /** Resolves when everything added so far was removed, or could not be. */
  async flush(): Promise<void> {
    await this.#removing
    this.#removeAll()
    await this.#removing
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #isHere(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id)
  }

  #plan(delayMs: number): void {
    if (this.#cancelTimer !== null || this.#removing !== null) return
    this.#cancelTimer = this.#options.timers.after(delayMs, () => this.#removeOld())
  }

  #removeAll(): void {
    if (this.#removing !== null) return
    this.#age()
    this.#removeOld()
  }

  #age(): void {
    for (const [id, envelope] of this.#young) this.#old.set(id, envelope)
    this.#young = new Map()
  }

  #removeOld(): void {
    this.stop()
    this.#removed = this.#leaving
    this.#leaving = new Set()
    const due = this.#old
    if (due.size === 0) this.#endRound(this.#options.lingerMs)
    else this.#removing = this.#remove([...due.values()]).then((delayMs) => this.#endRound(delayMs))
  }

  #endRound(delayMs: number): void {
    this.#removing = null
    this.#age()
    if (this.#old.size > 0) this.#plan(delayMs)
  }

  async #remove(events: readonly Envelope[]): Promise<number> {
    const { remove, failed, lingerMs, retryMs } = this.#options
    const ids = new Set(events.map(({ id }) => id))
    this.#untaken = this.#untaken.filter(({ id }) => !ids.has(id))
    try {
      for (let index = 0; index < events.length; index += removalMax) {
        const some = events.slice(index, index + removalMax)
        await remove(some)
        for (const envelope of some) this.left(envelope)
      }
      return lingerMs
    } catch (error) {
      failed(error)
      return retryMs
    }
  }
}
