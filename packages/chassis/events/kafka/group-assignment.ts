import type { Connection } from '@platformatic/kafka'
import type { Logger } from 'pino'
import { type FetchedRecord, fetchRecords, type OwnedPartition } from './fetch-records.ts'
import {
  commitOffsets,
  connectToCoordinator,
  findPositions,
  type GroupConsumer,
  type Membership,
  type PartitionOffset,
} from './group-member.ts'
import { PartitionWork } from './partition-work.ts'
import { pause } from './pause.ts'
import type { HandleRecord } from './record-handler.ts'

export interface GroupAssignmentOptions {
  readonly consumer: GroupConsumer
  readonly groupId: string
  readonly membership: Membership
  readonly handle: HandleRecord
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Told when Kafka refused a commit: another member owns the partitions by now. */
  readonly refused: () => void
}

const commitDelayMs = 100
const commitRetryMs = 1_000
const retryMinMs = 100
const retryMaxMs = 2_000

/**
 * What one member does with its partitions in one generation of its group.
 *
 *   new ──run──▶ working ──fence──▶ over         fence: the partitions may belong to another member
 *                   └──stop──▶ finishing ──(commit)──▶ over
 *
 * Invariant: after `fence` nothing is committed; work under way may end, and has no second effect when it comes again.
 */
export class GroupAssignment {
  readonly #options: GroupAssignmentOptions
  readonly #fence = new AbortController()
  readonly #fetching = new AbortController()
  readonly #running = new Set<Promise<boolean>>()
  readonly #committed = new Map<string, bigint>()
  #owned: OwnedPartition[] = []
  #coordinator: Connection | null = null
  #commitTimer: NodeJS.Timeout | null = null
  #failures = 0
  #fetched: Promise<void> = Promise.resolve()

  constructor(options: GroupAssignmentOptions) {
    this.#options = options
  }

  /** Finds out where to begin, then takes records until it is stopped or fenced. Rejects when it cannot begin. */
  async run(): Promise<void> {
    const { consumer, membership } = this.#options
    if (this.#fence.signal.aborted || this.#fetching.signal.aborted) return
    this.#coordinator = await connectToCoordinator(consumer)
    const positions = await findPositions(consumer, membership.partitions)
    if (this.#fence.signal.aborted || this.#fetching.signal.aborted) return
    this.#owned = positions.map((position) => this.#own(position))
    this.#fetched = this.#fetchUntilStopped()
    await this.#fetched
  }

  /** Events that wait in the owned partitions, by topic. */
  lag(): Map<string, number> {
    const lag = new Map<string, number>()
    for (const { topic, work, endOffset } of this.#owned) {
      const behind = Number(endOffset - work.committable)
      lag.set(topic, (lag.get(topic) ?? 0) + Math.max(0, behind))
    }
    return lag
  }

  /** The partitions are taken away: commits what is done, at once, and nothing from then on. */
  revoke(): void {
    void this.commit()
    this.fence()
  }

  fence(): void {
    this.#fence.abort()
    this.#fetching.abort()
    if (this.#commitTimer !== null) clearTimeout(this.#commitTimer)
  }

  /** Resolves when nothing is fetched and worked on any more, or `timeoutMs` are over. */
  async settled(timeoutMs: number): Promise<void> {
    await this.#fetched.catch(() => {})
    const ended = new AbortController()
    const late = pause(timeoutMs, ended.signal)
    await Promise.race([Promise.allSettled(this.#running), late])
    ended.abort()
  }

  /** Takes nothing more, waits for what is under way and commits it. */
  async stop(timeoutMs: number): Promise<void> {
    this.#fetching.abort()
    await this.settled(timeoutMs)
    await this.commit()
    this.fence()
  }

  /** Commits the lowest unfinished offset of every partition that got on. Never rejects. */
  async commit(): Promise<void> {
    if (this.#commitTimer !== null) clearTimeout(this.#commitTimer)
    this.#commitTimer = null
    const offsets = this.#uncommitted()
    const { groupId, membership, log, refused } = this.#options
    if (offsets.length === 0 || this.#coordinator === null || this.#fence.signal.aborted) return
    try {
      const outcome = await commitOffsets(this.#coordinator, { groupId, membership, offsets })
      if (outcome === 'committed') {
        for (const offset of offsets) this.#noteCommitted(offset)
        return
      }
      log.warn({ groupId, generationId: membership.generationId }, 'offsets of a former member were refused')
      refused()
      this.fence()
    } catch (err) {
      log.warn({ err, groupId }, 'offsets could not be committed')
      await this.#reconnect()
      this.#commitAfter(commitRetryMs)
    }
  }

  #own({ topic, partition, offset }: PartitionOffset): OwnedPartition {
    this.#committed.set(`${topic}:${partition}`, offset)
    const work = new PartitionWork<FetchedRecord>({
      position: offset,
      handle: (record, signal) => this.#track(this.#options.handle(record, signal)),
      progressed: () => this.#commitAfter(commitDelayMs),
      signal: this.#fence.signal,
    })
    return { topic, partition, work, endOffset: offset }
  }

  #track(work: Promise<boolean>): Promise<boolean> {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
    return work
  }

  async #fetchUntilStopped(): Promise<void> {
    const { consumer, log, groupId } = this.#options
    const { signal } = this.#fetching
    const fetched = () => {
      if (this.#failures > 0) log.info({ groupId }, 'events are fetched again')
      this.#failures = 0
    }
    while (!signal.aborted) {
      try {
        await fetchRecords({ consumer, owned: this.#owned, signal, fetched })
      } catch (err) {
        if (signal.aborted) return
        if (this.#failures++ === 0) log.warn({ err, groupId }, 'events cannot be fetched')
        const pauseMs = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures)
        await pause(pauseMs, signal)
      }
    }
  }

  #commitAfter(delayMs: number): void {
    if (this.#fence.signal.aborted) return
    this.#commitTimer ??= setTimeout(() => void this.commit(), delayMs)
  }

  #uncommitted(): PartitionOffset[] {
    return this.#owned
      .map(({ topic, partition, work }) => ({ topic, partition, offset: work.committable }))
      .filter(({ topic, partition, offset }) => offset > (this.#committed.get(`${topic}:${partition}`) ?? -1n))
  }

  #noteCommitted({ topic, partition, offset }: PartitionOffset): void {
    const place = `${topic}:${partition}`
    if (offset > (this.#committed.get(place) ?? -1n)) this.#committed.set(place, offset)
  }

  async #reconnect(): Promise<void> {
    try {
      this.#coordinator = await connectToCoordinator(this.#options.consumer)
    } catch {
      // The next commit tries with what there is, fails and comes here again.
    }
  }
}
