import { randomUUID } from 'node:crypto'
import { defineContract } from '@parley/chassis/contract/define-contract.ts'
import type { KafkaIntakeLimits } from '@parley/chassis/events/kafka/kafka-intake.ts'
import type { KafkaSettings } from '@parley/chassis/events/kafka/kafka-settings.ts'
import { KafkaTransport, type OutgoingRecord } from '@parley/chassis/events/kafka/kafka-transport.ts'
import { type KafkaEvents, openKafka } from '@parley/chassis/events/kafka/open-kafka.ts'
import type { Receive } from '@parley/chassis/events/transport.ts'
import { Registry } from 'prom-client'
import type { Way } from './event-house.ts'
import { OrderPlaced, silentLog } from './order-events.ts'

/** Short enough for a test to wait for. */
export const quickLimits: KafkaIntakeLimits = {
  sessionTimeoutMs: 1_500,
  rebalanceTimeoutMs: 3_000,
  heartbeatMs: 200,
  partitionCheckMs: 200,
  attemptsMax: 3,
  backoffMinMs: 10,
  backoffMaxMs: 100,
  closeTimeoutMs: 5_000,
  rejoinMs: 100,
}

const subscriber = { version: '1.0', calls: {}, events: {}, subscribes: [OrderPlaced.type] }

export const orderContracts = [
  defineContract('orders', { version: '1.0', calls: {}, events: { placed: OrderPlaced } }),
  defineContract('billing', subscriber),
  defineContract('stock', subscriber),
]

/** Topics and groups of a test's own. */
export function kafkaSettings(brokers: string, changes: Partial<KafkaSettings> = {}): KafkaSettings {
  const prefix = `test-${randomUUID()}.`
  return { brokers: [brokers], prefix, partitions: 3, replicas: null, tls: null, sasl: null, ...changes }
}

/** One process's share of the way through Kafka. */
export interface Process extends KafkaEvents {
  readonly metrics: Registry
}

/** A way on which any number of processes take events. */
export interface KafkaWay extends Way {
  readonly settings: KafkaSettings
  /** Writes a record as somebody else would. */
  write(record: OutgoingRecord): Promise<void>
  /** Lets another process be a replica of `consumer`. */
  addReplica(consumer: string, receive: Receive): Promise<Process>
}

export function kafkaWay(settings: KafkaSettings, limits: Partial<KafkaIntakeLimits> = {}): KafkaWay {
  const processes: Process[] = []
  const open = (): Process => {
    const metrics = new Registry()
    const log = process.env.EVENTS_LOG === undefined ? silentLog : { ...console }
    const events = openKafka({
      settings,
      contracts: orderContracts,
      metrics,
      log,
      limits: { ...quickLimits, ...limits },
    })
    const opened = { ...events, metrics }
    processes.push(opened)
    return opened
  }
  const first = open()
  const writer = new KafkaTransport({ settings, prepare: async () => {} })
  return {
    settings,
    write: (record) => writer.write(record),
    transport: first.transport,
    subscribersOf: () => ['kafka'],
    subscribe: (consumer, receive) => first.intake.subscribe(consumer, [OrderPlaced.type], receive),
    async addReplica(consumer, receive) {
      const replica = open()
      await replica.intake.subscribe(consumer, [OrderPlaced.type], receive)
      return replica
    },
    async close() {
      await Promise.all(processes.map(({ intake }) => intake.close()))
      await Promise.all([writer, ...processes].map((each) => each.close()))
    },
  }
}
