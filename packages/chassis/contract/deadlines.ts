/** Something that is over at a certain time, on the monotonic clock. */
export interface Expiring {
  expire(): void
}

/** A place on the wheel. */
export interface Expiry {
  cancel(): void
}

const slotMs = 16
const slotCount = 64

/** One entry of a slot; the slot itself is the first and last of its ring. */
class Entry implements Expiry {
  readonly atMs: number
  readonly owner: Expiring | null
  previous: Entry = this
  next: Entry = this

  constructor(atMs: number, owner: Expiring | null) {
    this.atMs = atMs
    this.owner = owner
  }

  cancel(): void {
    this.previous.next = this.next
    this.next.previous = this.previous
    this.previous = this
    this.next = this
  }

  addBefore(other: Entry): void {
    this.previous = other.previous
    this.next = other
    other.previous.next = this
    other.previous = this
  }
}

/**
 * Deadlines of everything under way. A process sets several per request and nearly all are met, so they share one timer:
 * setting and cancelling one is a change of four references, and it is told up to 16 ms after its time.
 *
 * A wheel: a deadline stands in the slot of its time, and stays there while the wheel turns until it is due.
 */
class DeadlineWheel {
  readonly #slots = Array.from({ length: slotCount }, () => new Entry(0, null))
  #turnedTo = 0
  #isTurning = false

  add(atMs: number, owner: Expiring): Expiry {
    if (!this.#isTurning) {
      this.#turnedTo = Math.floor(performance.now() / slotMs)
      this.#turnLater()
    }
    const entry = new Entry(Math.min(atMs, Number.MAX_SAFE_INTEGER), owner)
    // What is over already comes with the next slot.
    entry.addBefore(this.#slotAt(Math.max(Math.ceil(entry.atMs / slotMs), this.#turnedTo + 1)))
    return entry
  }

  #slotAt(position: number): Entry {
    return this.#slots[position % slotCount] as Entry
  }

  #turnLater(): void {
    this.#isTurning = true
    setTimeout(this.#turn, slotMs).unref()
  }

  readonly #turn = (): void => {
    const nowMs = performance.now()
    const position = Math.floor(nowMs / slotMs)
    const first = Math.max(this.#turnedTo + 1, position - slotCount + 1)
    this.#turnedTo = position
    for (let at = first; at <= position; at++) this.#expire(this.#slotAt(at), nowMs)
    this.#isTurning = false
    if (this.#slots.some((slot) => slot.next !== slot)) this.#turnLater()
  }

  #expire(slot: Entry, nowMs: number): void {
    const due: Entry[] = []
    for (let entry = slot.next; entry !== slot; entry = entry.next) if (entry.atMs <= nowMs) due.push(entry)
    for (const entry of due) {
      // Cancelled by one before it.
      if (entry.next === entry) continue
      entry.cancel()
      entry.owner?.expire()
    }
  }
}

export const deadlines = new DeadlineWheel()
