import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import { systemTimers } from '../runtime/system-timers.ts'
import type { StoreLock } from '../store/store.ts'
import type { Clock } from '../values/clock.ts'
import type { Timers } from '../values/timers.ts'
import type { Transaction } from '../values/transaction.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import type { Envelope } from './envelope.ts'
import { type ServiceStore, withEventTables } from './event-tables.ts'
import { type Backlog, OutboxTable, type StoredEvent } from './outbox-table.ts'
import { PublishedEvents } from './published-events.ts'
import { RelayLanes } from './relay-lanes.ts'
import { defaultRelayLimits, type RelayLimits } from './relay-limits.ts'
import type { EventTransport } from './transport.ts'

export interface RelayOptions {
  /** The store of the publishing service. */
  readonly store: ServiceStore
  /** Who takes events of a type; those that nobody takes count as published. */
  readonly subscribersOf: (type: string) => readonly string[]
  readonly transport: EventTransport
  readonly clock: Clock
  readonly timers?: Timers
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly limits?: Partial<RelayLimits>
  /** From 0 to 1, for jitter. */
  readonly random?: () => number
}

/**
 * Publishes a service's outbox: every committed event at least once, the events of a key in their order and one at a
 * time. An event is published when all its subscribers have taken it. Until then it holds back its own key and nothing
 * else; one that is parked does so until an operator replays or skips it.
 */
export interface Relay {
  /** Takes an event that was just committed, so that it need not be read. Before `start` it is left to be found. */
  offer(envelope: Envelope): void
  /**
   * Begins to publish, with what an earlier process left. Of several processes on one store each publishes what it is
   * offered, and one of them looks after everything else; when it ends, the next does. Throws STORE_UNAVAILABLE.
   */
  start(): Promise<void>
  /** Looks through the outbox now, not at the next interval. */
  kick(): void
  /** Has the unit of work remove a published event from the outbox: what it writes there anyway, another need not. */
  removeWithin(tx: Transaction): Promise<void>
  /** Resolves when everything that can be published was, or `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>
  /** Stops at once; what was not published is so by the next process. */
  close(): Promise<void>
  /** Oldest first. */
  listParked(options: { limit: number }): Promise<StoredEvent[]>
  /** Sends a parked event again, as if it had never failed; false when there is no such parked event. */
  replay(id: string): Promise<boolean>
  /** Gives up a parked event and goes on with its key; false when there is no such parked event. */
  skip(id: string): Promise<boolean>
  backlog(): Promise<Backlog>
  /** True when so many keys wait that publishing more should be refused. */
  isFull(): boolean
  /** Keys that this process looks after, and how many make it full. */
  readonly keys: number
  readonly keysMax: number
}

export function createRelay(options: RelayOptions): Relay {
  return new OutboxRelay(options)
}

class OutboxRelay implements Relay {
  readonly #options: RelayOptions
  readonly #limits: RelayLimits
  readonly #timers: Timers
  readonly #table: OutboxTable
  readonly #published: PublishedEvents
  readonly #lanes: RelayLanes
  readonly #queues = new Map<string, DeliveryQueue>()
  #lock: StoreLock | null = null
  #hasStarted = false
  #isClosed = false
  /** Events were left in the outbox for want of room. */
  #isScanWanted = false
  #scanning: Promise<void> | null = null
  #cancelTimer: (() => void) | null = null
  #onIdle: (() => void) | null = null

  constructor(options: RelayOptions) {
    const { clock, subscribersOf, log, timers = systemTimers, random = Math.random } = options
    const limits = { ...defaultRelayLimits, ...options.limits }
    const table = new OutboxTable(withEventTables(options.store))
    const published = new PublishedEvents({
      timers,
      remove: (envelopes) => table.delete(envelopes),
      failed: (err) => log.warn({ err }, 'published events could not be removed from the outbox'),
      lingerMs: limits.removalLingerMs,
      retryMs: limits.scanIntervalMs,
    })
    const queueOf = (subscriber: string) => this.#queueOf(subscriber)
    const settled = () => this.#laneSettled()
    this.#lanes = new RelayLanes({
      table,
      published,
      subscribersOf,
      queueOf,
      clock,
      timers,
      random,
      limits,
      log,
      settled,
    })
    this.#options = options
    this.#limits = limits
    this.#timers = timers
    this.#table = table
    this.#published = published
  }

  offer(envelope: Envelope): void {
    if (!this.#hasStarted || this.#isClosed || this.#lanes.offer(envelope)) return
    // Without the lock it is left to whoever has it.
    if (this.#isPublishing) this.#isScanWanted = true
  }

  async start(): Promise<void> {
    this.#hasStarted = true
    await this.#takeLock()
    if (this.#lock === null) this.#options.log.info({}, 'another process looks after what is left in this outbox')
    else await this.#scan()
    this.#nextTick()
  }

  kick(): void {
    if (this.#isPublishing) void this.#scan()
  }

  async removeWithin(tx: Transaction): Promise<void> {
    const envelope = this.#published.take()
    if (envelope === undefined) return
    await this.#table.deleteWithin(tx, envelope)
    tx.afterCommit(() => this.#published.left(envelope))
  }

  async drain(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    if (this.#hasStarted) await Promise.race([this.#idle(), aborted])
    await Promise.race([this.#published.flush(), aborted])
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTimer?.()
    this.#lanes.stop()
    await this.#scanning
    await this.#published.flush()
    this.#published.stop()
    await this.#lock?.release()
  }

  listParked({ limit }: { limit: number }): Promise<StoredEvent[]> {
    return this.#table.listParked(limit)
  }

  async replay(id: string): Promise<boolean> {
    const head = await this.#table.unpark(id)
    if (head !== undefined && this.#isPublishing) this.#lanes.open(head)
    return head !== undefined
  }

  async skip(id: string): Promise<boolean> {
    const head = await this.#table.skip(id)
    if (head !== undefined && this.#isPublishing) this.#lanes.open(head)
    return head !== undefined
  }

  async backlog(): Promise<Backlog> {
    const publishedHere = this.#published.size
    const { events, parked, oldestAt } = await this.#table.backlog()
    const unpublished = Math.max(parked, events - publishedHere)
    return { events: unpublished, parked, oldestAt: unpublished > parked ? oldestAt : null }
  }

  isFull(): boolean {
    return this.#lanes.isFull
  }

  get keys(): number {
    return this.#lanes.size
  }

  get keysMax(): number {
    return this.#limits.keysMax
  }

  get #isPublishing(): boolean {
    return this.#lock !== null && !this.#isClosed
  }

  /** The fallback for everything that memory does not tell: other writers, want of room, an owner that ended. */
  #nextTick(): void {
    if (this.#isClosed) return
    this.#cancelTimer = this.#timers.after(this.#limits.scanIntervalMs, () => {
      void this.#tick().then(() => this.#nextTick())
    })
  }

  async #tick(): Promise<void> {
    try {
      await this.#takeLock()
      if (this.#isClosed) await this.#lock?.release()
      else if (this.#lock !== null) await this.#scan()
    } catch (err) {
      this.#options.log.warn({ err }, 'outbox could not be taken over')
    }
  }

  /**
   * The holder looks for events that nobody was offered, or that a process did not live to publish. Two processes may come
   * to work on one key: each sends an event only after the one before it was taken, and the inbox knows repetitions.
   */
  async #takeLock(): Promise<void> {
    if (this.#lock !== null) return
    const lock = await this.#options.store.tryLock('relay')
    this.#lock = lock
    void lock?.lost.then(() => {
      if (this.#lock === lock) this.#lock = null
      this.#options.log.warn({}, 'the lock of the outbox was lost with its connection and is asked for again')
    })
  }

  /** Never rejects: what could not be read is read at the next interval. */
  #scan(): Promise<void> {
    this.#scanning ??= this.#scanPages()
      .catch((err) => this.#options.log.warn({ err }, 'outbox could not be looked through'))
      .finally(() => {
        this.#scanning = null
        this.#laneSettled()
      })
    return this.#scanning
  }

  async #scanPages(): Promise<void> {
    const { pageRows: limit, backoffMaxMs } = this.#limits
    this.#isScanWanted = false
    for (let after = { source: '', subject: '' }; ; ) {
      const heads = await this.#table.listHeads({ ...after, limit })
      const now = this.#options.clock.now()
      for (const head of heads) {
        const isDue = head.nextAttemptAt <= now || head.nextAttemptAt > now + backoffMaxMs
        // What follows a published event has its own lane, or is the head once that one is removed.
        if (head.isParked || !isDue || this.#published.has(head.id)) continue
        if (this.#lanes.hasRoom) this.#lanes.open(head)
        else this.#isScanWanted = true
      }
      const last = heads.at(-1)
      if (last === undefined || heads.length < limit || this.#isScanWanted || this.#isClosed) return
      after = { source: last.source, subject: last.subject }
      await nextTurn()
    }
  }

  #queueOf(subscriber: string): DeliveryQueue {
    const existing = this.#queues.get(subscriber)
    if (existing !== undefined) return existing
    const { transport, log } = this.#options
    const { batchMax, deliveriesMax } = this.#limits
    const queue = new DeliveryQueue({
      subscriber,
      transport,
      batchMax,
      deliveriesMax,
      reachable: (isReachable, err) => {
        if (isReachable) log.info({ subscriber }, 'subscriber takes events again')
        else log.warn({ err, subscriber }, 'subscriber does not take events')
      },
    })
    this.#queues.set(subscriber, queue)
    return queue
  }

  #laneSettled(): void {
    if (this.#isScanWanted && this.#scanning === null && this.#isPublishing && this.#lanes.isHalfEmpty)
      void this.#scan()
    if (this.#onIdle !== null && this.#isIdle) this.#onIdle()
  }

  get #isIdle(): boolean {
    return this.#scanning === null && !this.#isScanWanted && this.#lanes.isIdle
  }

  #idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onIdle = resolve
    })
  }
}
