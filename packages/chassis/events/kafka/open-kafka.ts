import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Contract } from '../../contract/define-contract.ts'
import type { EventIntake, EventTransport } from '../transport.ts'
import { KafkaIntake, type KafkaIntakeLimits } from './kafka-intake.ts'
import { createKafkaMetrics } from './kafka-metrics.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import { deadTopicOf, ensureTopics, topicOf } from './kafka-topics.ts'
import { KafkaTransport } from './kafka-transport.ts'

export interface KafkaOptions {
  readonly settings: KafkaSettings
  /** Every contract of the system: they tell who publishes and who subscribes. */
  readonly contracts: readonly Pick<Contract, 'name' | 'events' | 'subscribes'>[]
  readonly metrics: Registry
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly limits?: Partial<KafkaIntakeLimits>
}

/** Both halves of the way through Kafka, for all services of a process. */
export interface KafkaEvents {
  readonly transport: EventTransport
  readonly intake: EventIntake
  /** After the intake was closed and the relays have ended. */
  close(): Promise<void>
}

/** Connects to nothing yet: what cannot be reached is tried again by whoever needs it, for as long as it takes. */
export function openKafka({ settings, contracts, metrics, log, limits }: KafkaOptions): KafkaEvents {
  const publishers = contracts.filter(({ events }) => Object.keys(events).length > 0)
  const subscribers = contracts.filter(({ subscribes }) => subscribes.length > 0)
  const wanted = {
    events: publishers.map(({ name }) => topicOf(settings, name)),
    dead: subscribers.map(({ name }) => deadTopicOf(settings, name)),
  }
  let preparing: Promise<void> | null = null
  const prepare = () => {
    preparing ??= ensureTopics(settings, wanted).finally(() => {
      preparing = null
    })
    return preparing
  }
  const sourceOf = (type: string) => {
    const source = publishers.find(({ events }) => Object.values(events).some((event) => event.type === type))
    if (source === undefined) throw new Error(`no contract publishes ${type}`)
    return source.name
  }
  const transport = new KafkaTransport({ settings, prepare })
  const intake = new KafkaIntake({
    settings,
    sourceOf,
    transport,
    prepare,
    metrics: createKafkaMetrics(metrics),
    log,
    ...(limits !== undefined && { limits }),
  })
  return { transport, intake, close: () => transport.close() }
}
