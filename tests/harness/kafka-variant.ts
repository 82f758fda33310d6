import { randomUUID } from 'node:crypto'
import { findKafka } from '@parley/testkit/services.ts'

/** Events through a Kafka of this machine, in topics and groups of the system's own. */
export async function kafkaVariant() {
  const kafka = await findKafka()
  const name = 'events through Kafka'
  if ('missing' in kafka) return { name, env: {}, skip: kafka.missing }
  const env = {
    EVENTS: 'kafka',
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_PREFIX: `test-${randomUUID()}.`,
    KAFKA_PARTITIONS: '3',
  }
  return { name, env, skip: false as const }
}
