import { type ClusterMetadata, Consumer, type ConsumerGroupJoinPayload } from '@platformatic/kafka'
import type { Logger } from 'pino'
import { assignPartitions } from './assign-partitions.ts'
import { GroupAssignment } from './group-assignment.ts'
import type { GroupConsumer, Membership } from './group-member.ts'
import { clientOptions } from './kafka-client.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import type { HandleRecord } from './record-handler.ts'

export interface KafkaMemberOptions {
  readonly settings: KafkaSettings
  readonly groupId: string
  readonly topics: readonly string[]
  readonly handle: HandleRecord
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly refused: () => void
  readonly limits?: Partial<MemberLimits>
}

export interface MemberLimits {
  /** Silence after which the others of the group take over. */
  readonly sessionTimeoutMs: number
  /** How long a member may take to join again when the group changes. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatMs: number
  /** Between two looks for partitions that were added. */
  readonly partitionCheckMs: number
}

const defaultLimits: MemberLimits = {
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  heartbeatMs: 1_500,
  partitionCheckMs: 5_000,
}

/** Joining blocks until the others of the group have joined too. */
const joinMarginMs = 5_000
const formerWorkMaxMs = 2_000

/**
 * One membership of a consumer group, from joining to leaving. Heartbeats come from a timer, so a handler may take as
 * long as it likes. At every rebalance the partitions are given up and begun anew from what the group has committed.
 */
export class KafkaMember {
  readonly #options: KafkaMemberOptions
  readonly #limits: MemberLimits
  readonly #consumer: GroupConsumer
  readonly #failed = Promise.withResolvers<Error>()
  #assignment: GroupAssignment | null = null
  #changing: Promise<void> = Promise.resolve()
  #cancelCheck: (() => void) | null = null
  /** How many this member, being the leader, has spread over a group of several; a member alone is just given all. */
  #spreadPartitions: number | null = null
  #isLeaving = false

  constructor(options: KafkaMemberOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    const { sessionTimeoutMs, rebalanceTimeoutMs, heartbeatMs } = this.#limits
    this.#consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
      ...clientOptions(options.settings, options.groupId),
      requestTimeout: rebalanceTimeoutMs + joinMarginMs,
      groupId: options.groupId,
      autocommit: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: heartbeatMs,
      partitionAssigner: (leaderId, members, topics, metadata) => {
        this.#spreadPartitions = this.#partitionsIn(metadata)
        return assignPartitions(leaderId, members, topics, metadata)
      },
    })
    this.#listen()
  }

  /** Resolves, if ever, when this membership can do nothing more and another one should take its place. */
  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  get assignment(): GroupAssignment | null {
    return this.#assignment
  }

  /** Resolves once the group has told which partitions are this member's. */
  async join(): Promise<void> {
    this.#consumer.topics.trackAll(...this.#options.topics)
    await this.#consumer.joinGroup({})
  }

  /** Takes nothing more, waits up to `timeoutMs` for what is under way, commits it and leaves. */
  async leave(timeoutMs: number): Promise<void> {
    this.#isLeaving = true
    this.#cancelCheck?.()
    await this.#assignment?.stop(timeoutMs)
    await this.#close()
  }

  /** Gives up at once, as a process that ends without a word; the group notices by its silence. */
  async abandon(): Promise<void> {
    this.#isLeaving = true
    this.#cancelCheck?.()
    this.#assignment?.fence()
    await this.#close().catch(() => {})
  }

  /** Closing alone lets a heartbeat or a join that is under way go on for ever; having left the group ends both. */
  async #close(): Promise<void> {
    try {
      await this.#consumer.leaveGroup(true)
    } catch {
      // The others notice by the silence.
    }
    await this.#consumer.close(true)
  }

  #listen(): void {
    const fail = (error: Error) => {
      if (!this.#isLeaving) this.#failed.resolve(error)
    }
    // Emitted when joining again did not work; there are no heartbeats from then on.
    const untyped: { on(event: string, listener: (error: Error) => void): unknown } = this.#consumer
    untyped.on('error', fail)
    this.#consumer.on('consumer:heartbeat:stalled', ({ lastError }) => {
      fail(lastError ?? new Error('Kafka does not answer heartbeats'))
    })
    this.#consumer.on('consumer:group:rebalance', () => this.#assignment?.revoke())
    this.#consumer.on('consumer:group:join', (joined) => this.#begin(joined, fail))
  }

  #begin(joined: ConsumerGroupJoinPayload, fail: (error: Error) => void): void {
    const former = this.#assignment
    former?.fence()
    if (this.#isLeaving) return
    const membership = toMembership(joined)
    const { groupId, handle, log, refused } = this.#options
    const assignment = new GroupAssignment({ consumer: this.#consumer, groupId, membership, handle, log, refused })
    this.#assignment = assignment
    this.#changing = this.#changing.then(async () => {
      await former?.settled(formerWorkMaxMs)
      assignment.run().catch(fail)
    })
    const partitions = membership.partitions.length
    if (joined.isLeader === true) this.#watchPartitions(this.#spreadPartitions ?? partitions)
    else this.#cancelCheck?.()
    this.#spreadPartitions = null
    log.info({ groupId, generationId: membership.generationId, partitions }, 'partitions taken')
  }

  /** A member that joins again sees added partitions; of the members, the leader's joining makes all do so. */
  #watchPartitions(countAtJoining: number): void {
    this.#cancelCheck?.()
    let known = countAtJoining
    const timer = setInterval(async () => {
      const count = await this.#countPartitions()
      if (count > known && !this.#isLeaving) {
        this.#options.log.info({ groupId: this.#options.groupId }, 'partitions were added')
        this.#assignment?.revoke()
        this.#consumer.joinGroup({}).catch((error: Error) => this.#failed.resolve(error))
      }
      if (count > 0) known = count
    }, this.#limits.partitionCheckMs)
    this.#cancelCheck = () => clearInterval(timer)
  }

  /** Zero when it cannot be found out. */
  async #countPartitions(): Promise<number> {
    try {
      return this.#partitionsIn(await this.#consumer.metadata({ topics: [...this.#options.topics], forceUpdate: true }))
    } catch {
      return 0
    }
  }

  #partitionsIn({ topics }: ClusterMetadata): number {
    return this.#options.topics.reduce((sum, topic) => sum + (topics.get(topic)?.partitionsCount ?? 0), 0)
  }
}

function toMembership({ generationId, memberId, assignments }: ConsumerGroupJoinPayload): Membership {
  const partitions = (assignments ?? []).flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
  return { generationId: generationId ?? -1, memberId, partitions }
}
