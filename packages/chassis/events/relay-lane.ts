import { type Envelope, sequenceNumber } from './envelope.ts'
import type { StoredEvent } from './outbox-table.ts'

/** An event in memory, about to be sent or behind one that is. */
export interface LaneEvent {
  readonly envelope: Envelope
  readonly seq: number
  /** How often a handler has failed on it. */
  readonly attempts: number
}

/**
 * What the relay holds in memory of one key, whose events it publishes one at a time in their order.
 *
 *   loading ──(events were read)──▶ sending ──(published, more to send)──▶ sending
 *      ▲  ▲                            │ └──(published, the rest is in the outbox)──▶ loading
 *      │  └──────── waiting ◀──(not now)──┘
 *      └── (made for a key that has events in the outbox)          no events left, or parked ──▶ the lane is dropped
 *
 * Invariant: `events` is a run of the key's events without a gap, beginning at the first unpublished one. A lane that is
 * not complete has more of them in the outbox, behind those in memory.
 */
export class RelayLane {
  readonly source: string
  readonly subject: string
  phase: 'loading' | 'sending' | 'waiting' = 'loading'
  readonly events: LaneEvent[] = []
  /** Subscribers that have taken the first event, when others have not; null for none. */
  taken: Set<string> | null = null
  /** How often in a row the first event was answered `retry`. */
  retries = 0
  cancelTimer: (() => void) | null = null
  #isComplete = false
  #lastSeq = 0

  constructor({ source, subject }: { source: string; subject: string }) {
    this.source = source
    this.subject = subject
  }

  static keyOf({ source, subject }: { source: string; subject: string }): string {
    return `${source}/${subject}`
  }

  /** A lane for a key that has none. The first event of a key has nothing before it; any other may, so it is not taken. */
  static for(envelope: Envelope): RelayLane {
    const lane = new RelayLane(envelope)
    if (sequenceNumber(envelope) === 1) {
      lane.phase = 'sending'
      lane.#isComplete = true
      lane.offer(envelope)
    }
    return lane
  }

  /** The greatest number that is in memory or was published. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Takes an event that was just committed if it continues what is in memory; else notes that the outbox has more. */
  offer(envelope: Envelope): boolean {
    const seq = sequenceNumber(envelope)
    if (this.phase !== 'sending' || !this.#isComplete || seq !== this.#lastSeq + 1) {
      this.#isComplete = false
      return false
    }
    this.events.push({ envelope, seq, attempts: 0 })
    this.#lastSeq = seq
    return true
  }

  /** Notes that the outbox has events that were not taken. */
  passOver(): void {
    this.#isComplete = false
  }

  /** To be called before events are read: whatever is offered from then on may be missing in what is read. */
  beginLoading(): void {
    this.phase = 'loading'
    this.#isComplete = true
  }

  /** Takes the unpublished ones of the rows that were read behind `lastSeq`. */
  loaded(unpublished: readonly StoredEvent[], rows: readonly StoredEvent[]): void {
    this.events.push(...unpublished)
    this.#lastSeq = rows.at(-1)?.seq ?? this.#lastSeq
  }

  /** One of several subscribers has taken the first event. */
  noteTaken(subscriber: string): void {
    this.taken ??= new Set()
    this.taken.add(subscriber)
  }

  /** The first event was published. */
  advance(): void {
    this.events.shift()
    this.taken = null
    this.retries = 0
  }

  /** Forgets its events, which are in the outbox, until it is loaded again. Returns how many they were. */
  unload(): number {
    const [first] = this.events
    if (first !== undefined) this.#lastSeq = first.seq - 1
    this.#isComplete = false
    return this.events.splice(0).length
  }
}
