import type { Logger } from 'pino'
import type { Clock } from '../values/clock.ts'
import type { Timers } from '../values/timers.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import type { Envelope } from './envelope.ts'
import { eventFields } from './event-fields.ts'
import type { OutboxTable, StoredEvent } from './outbox-table.ts'
import type { PublishedEvents } from './published-events.ts'
import { RelayLane } from './relay-lane.ts'
import type { RelayLimits } from './relay-limits.ts'
import type { DeliveryResult } from './transport.ts'

export interface RelayLanesOptions {
  readonly table: OutboxTable
  readonly published: PublishedEvents
  readonly subscribersOf: (type: string) => readonly string[]
  readonly queueOf: (subscriber: string) => DeliveryQueue
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  readonly limits: RelayLimits
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** Called when a lane was dropped, or waits from now on. */
  readonly settled: () => void
}

type Failure = Exclude<DeliveryResult, { status: 'done' }>
const severity = { retry: 0, failed: 1, rejected: 2 }

/** The keys that have unpublished events, and what happens to the first event of each. */
export class RelayLanes {
  readonly #options: RelayLanesOptions
  readonly #lanes = new Map<string, RelayLane>()
  #eventsInMemory = 0
  #isStopped = false

  constructor(options: RelayLanesOptions) {
    this.#options = options
  }

  /** Keys that are looked after now. */
  get size(): number {
    return this.#lanes.size
  }

  get isFull(): boolean {
    return this.#lanes.size >= this.#options.limits.keysMax
  }

  get hasRoom(): boolean {
    return this.#eventsInMemory < this.#options.limits.eventsMax && !this.isFull
  }

  /** Whether so much was done that it is worth looking for more. */
  get isHalfEmpty(): boolean {
    const { eventsMax, keysMax } = this.#options.limits
    return this.#eventsInMemory <= eventsMax / 2 && this.#lanes.size <= keysMax / 2
  }

  /** True when every lane waits for its time. */
  get isIdle(): boolean {
    return this.#lanes.values().every(({ phase }) => phase === 'waiting')
  }

  /** Takes an event that was just committed; false when there is no room and the outbox must be looked through later. */
  offer(envelope: Envelope): boolean {
    const lane = this.#lanes.get(RelayLane.keyOf(envelope))
    if (lane === undefined) {
      if (!this.hasRoom) return false
      this.#add(RelayLane.for(envelope))
    } else if (!this.hasRoom) {
      lane.passOver()
    } else if (lane.offer(envelope)) {
      this.#eventsInMemory++
    }
    return true
  }

  /** Looks after a key that has events in the outbox, unless that is done already. */
  open(key: { source: string; subject: string }): void {
    if (!this.#lanes.has(RelayLane.keyOf(key))) this.#add(new RelayLane(key))
  }

  stop(): void {
    this.#isStopped = true
    for (const lane of this.#lanes.values()) lane.cancelTimer?.()
  }

  #add(lane: RelayLane): void {
    this.#lanes.set(RelayLane.keyOf(lane), lane)
    this.#eventsInMemory += lane.events.length
    if (lane.phase === 'sending') this.#sendFirst(lane)
    else void this.#load(lane)
  }

  async #load(lane: RelayLane): Promise<void> {
    const { table, published, limits, log } = this.#options
    const { source, subject } = lane
    lane.beginLoading()
    let rows: StoredEvent[]
    try {
      rows = await table.listOfKey({ source, subject, afterSeq: lane.lastSeq, limit: limits.pageRows })
    } catch (err) {
      log.warn({ err }, 'outbox could not be read')
      this.#wait(lane, limits.scanIntervalMs)
      return
    }
    if (this.#isStopped) return
    const unpublished = rows.filter(({ envelope }) => !published.has(envelope.id))
    lane.loaded(unpublished, rows)
    if (rows.length === limits.pageRows) lane.passOver()
    this.#eventsInMemory += unpublished.length
    const [first] = unpublished
    const delayMs = first === undefined ? 0 : this.#delayMs(first.nextAttemptAt)
    if (first !== undefined && first.parkedReason !== null) this.#drop(lane)
    else if (delayMs > 0) this.#wait(lane, delayMs)
    else this.#next(lane)
  }

  /** A time further away than any delay we ask for means that the clock was set back. */
  #delayMs(nextAttemptAt: number): number {
    const delayMs = nextAttemptAt - this.#options.clock.now()
    return delayMs > this.#options.limits.backoffMaxMs ? 0 : delayMs
  }

  #next(lane: RelayLane): void {
    if (lane.events.length > 0) this.#sendFirst(lane)
    else if (lane.isComplete) this.#drop(lane)
    else void this.#load(lane)
  }

  #sendFirst(lane: RelayLane): void {
    const [event] = lane.events
    if (event === undefined) return
    lane.phase = 'sending'
    const { subscribersOf, queueOf } = this.#options
    const all = subscribersOf(event.envelope.type)
    const { taken } = lane
    const subscribers = taken === null ? all : all.filter((subscriber) => !taken.has(subscriber))
    let open = subscribers.length
    let worst: Failure | null = null
    const settle = (subscriber: string, result: DeliveryResult) => {
      if (this.#isStopped) return
      if (result.status === 'done') {
        if (all.length > 1) lane.noteTaken(subscriber)
      } else if (worst === null || severity[result.status] > severity[worst.status]) worst = result
      open--
      if (open > 0) return
      if (worst === null) this.#firstPublished(lane)
      else void this.#firstFailed(lane, worst)
    }
    for (const subscriber of subscribers)
      queueOf(subscriber).send(event.envelope, (result) => settle(subscriber, result))
    // A microtask later, so that a long run of events that nobody takes does not grow the stack.
    if (open === 0) queueMicrotask(() => this.#firstPublished(lane))
  }

  #firstPublished(lane: RelayLane): void {
    const [event] = lane.events
    if (event === undefined || this.#isStopped) return
    this.#options.published.add(event.envelope)
    lane.advance()
    this.#eventsInMemory--
    this.#next(lane)
  }

  async #firstFailed(lane: RelayLane, { status, reason }: Failure): Promise<void> {
    const { table, clock, limits, log } = this.#options
    const [event] = lane.events
    if (event === undefined) return
    if (status === 'retry') {
      lane.retries++
      this.#wait(lane, Math.min(limits.retryMaxMs, this.#backoffMs(lane.retries)))
      return
    }
    const attempts = event.attempts + 1
    const isParked = status === 'rejected' || attempts >= limits.attemptsMax
    const delayMs = this.#backoffMs(attempts)
    try {
      if (isParked) await table.park(event.envelope, attempts, reason)
      else await table.postpone(event.envelope, attempts, clock.now() + delayMs)
    } catch (err) {
      log.warn({ err, ...eventFields(event.envelope) }, 'failure of an event could not be noted')
      this.#wait(lane, delayMs)
      return
    }
    if (isParked) {
      log.error({ ...eventFields(event.envelope), attempts, reason }, 'event parked')
      this.#drop(lane)
    } else {
      this.#wait(lane, delayMs)
    }
  }

  #backoffMs(attempts: number): number {
    const { random, limits } = this.#options
    return Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** (attempts - 1)) * (0.5 + random() / 2)
  }

  #wait(lane: RelayLane, delayMs: number): void {
    if (this.#isStopped) return
    this.#eventsInMemory -= lane.unload()
    lane.phase = 'waiting'
    lane.cancelTimer = this.#options.timers.after(delayMs, () => void this.#load(lane))
    this.#options.settled()
  }

  #drop(lane: RelayLane): void {
    this.#eventsInMemory -= lane.unload()
    this.#lanes.delete(RelayLane.keyOf(lane))
    this.#options.settled()
  }
}
