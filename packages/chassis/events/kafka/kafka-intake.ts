import type { Logger } from 'pino'
import type { EventIntake, Receive } from '../transport.ts'
import { type PlacedRecord, writeDeadLetter } from './dead-letters.ts'
import { KafkaMember, type MemberLimits } from './kafka-member.ts'
import type { KafkaMetrics, LagRow } from './kafka-metrics.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import { groupOf, topicOf } from './kafka-topics.ts'
import type { KafkaTransport } from './kafka-transport.ts'
import { pause } from './pause.ts'
import { createRecordHandler, type HandleRecord, type RecordHandlerLimits } from './record-handler.ts'

export interface KafkaIntakeOptions {
  readonly settings: KafkaSettings
  /** The service that publishes a type. */
  readonly sourceOf: (type: string) => string
  readonly transport: KafkaTransport
  /** Makes topics that are missing. */
  readonly prepare: () => Promise<void>
  readonly metrics: KafkaMetrics
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly limits?: Partial<KafkaIntakeLimits>
}

export interface KafkaIntakeLimits extends MemberLimits, RecordHandlerLimits {
  /** How long closing waits for handlers. */
  readonly closeTimeoutMs: number
  /** Between two tries to become a member. */
  readonly rejoinMs: number
}

const defaultCloseTimeoutMs = 10_000
const defaultRejoinMs = 500

/** One group member per subscribing service of this process; each takes every event once, whoever else takes it. */
export class KafkaIntake implements EventIntake {
  readonly #options: KafkaIntakeOptions
  readonly #closing = new AbortController()
  readonly #members = new Map<string, KafkaMember>()
  readonly #runs: Promise<void>[] = []

  constructor(options: KafkaIntakeOptions) {
    this.#options = options
    options.metrics.watchLag(() => this.#lag())
  }

  async subscribe(consumer: string, types: readonly string[], receive: Receive): Promise<void> {
    const { settings, sourceOf, transport, metrics, log, limits } = this.#options
    metrics.watch(consumer)
    const topics = [...new Set(types.map((type) => topicOf(settings, sourceOf(type))))]
    const bury = async (record: PlacedRecord, reason: string) => {
      await writeDeadLetter(transport, { settings, consumer, record, reason })
      metrics.dead(consumer)
    }
    const handle = createRecordHandler({ consumer, types, receive, bury, log, ...(limits !== undefined && { limits }) })
    this.#runs.push(this.#run(consumer, topics, handle))
  }

  /** Whether every subscribing service has its place in its group. */
  get isMember(): boolean {
    return this.#members.size === this.#runs.length
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#runs)
  }

  /** Is a member until the intake is closed; begins anew whenever a membership ends. Never rejects. */
  async #run(consumer: string, topics: readonly string[], handle: HandleRecord): Promise<void> {
    const { settings, prepare, metrics, log, limits } = this.#options
    const { signal } = this.#closing
    const groupId = groupOf(settings, consumer)
    for (let failures = 0; !signal.aborted; ) {
      const refused = () => metrics.refused(consumer)
      const options = { settings, groupId, topics, handle, log, refused, ...(limits !== undefined && { limits }) }
      const member = new KafkaMember(options)
      try {
        await prepare()
        await member.join()
        this.#members.set(consumer, member)
        failures = 0
        const ended = await Promise.race([member.failed, aborted(signal)])
        if (ended === null) {
          await member.leave(limits?.closeTimeoutMs ?? defaultCloseTimeoutMs)
          return
        }
        throw ended
      } catch (err) {
        if (failures++ === 0 && !signal.aborted) log.warn({ err, groupId }, 'no member of the group')
        await member.abandon()
      }
      const pauseMs = (limits?.rejoinMs ?? defaultRejoinMs) * (0.5 + Math.random())
      await pause(pauseMs, signal)
    }
  }

  #lag(): LagRow[] {
    return [...this.#members].flatMap(([consumer, { assignment }]) =>
      [...(assignment?.lag() ?? [])].map(([topic, events]) => ({ consumer, topic, events })),
    )
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}
