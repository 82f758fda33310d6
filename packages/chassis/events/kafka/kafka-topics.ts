import { Admin, findErrorBy } from '@platformatic/kafka'
import { clientOptions } from './kafka-client.ts'
import type { KafkaSettings } from './kafka-settings.ts'

/** A record is refused by Kafka when it is larger than its topic allows; this is what topics are made with. */
export const recordBytesMax = 1024 * 1024

const dayMs = 24 * 60 * 60 * 1_000
/** Shorter than the inbox remembers what it has seen, so that nothing comes again after it was forgotten. */
export const retentionMs = 7 * dayMs
const deadRetentionMs = 30 * dayMs

/** The topic that a service publishes to. */
export function topicOf(settings: KafkaSettings, service: string): string {
  return `${settings.prefix}${service}`
}

/** Where a subscribing service puts what it could not take. */
export function deadTopicOf(settings: KafkaSettings, service: string): string {
  return `${settings.prefix}${service}.dead`
}

/** The group that all replicas of a subscribing service share. */
export function groupOf(settings: KafkaSettings, service: string): string {
  return `${settings.prefix}${service}`
}

export interface WantedTopics {
  readonly events: readonly string[]
  readonly dead: readonly string[]
}

/** Makes the topics that are missing; those that exist stay as they are. Rejects when the cluster cannot be reached. */
export async function ensureTopics(settings: KafkaSettings, wanted: WantedTopics): Promise<void> {
  const admin = new Admin(clientOptions(settings, 'parley-topics'))
  try {
    const existing = new Set(await admin.listTopics())
    for (const topic of wanted.events) {
      if (!existing.has(topic)) await create(admin, settings, { topic, partitions: settings.partitions, retentionMs })
    }
    for (const topic of wanted.dead) {
      if (!existing.has(topic)) await create(admin, settings, { topic, partitions: 1, retentionMs: deadRetentionMs })
    }
  } finally {
    await admin.close()
  }
}

interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly retentionMs: number
}

async function create(admin: Admin, settings: KafkaSettings, { topic, partitions, retentionMs }: NewTopic) {
  try {
    await admin.createTopics({
      topics: [topic],
      partitions,
      replicas: settings.replicas ?? -1,
      configs: [
        { name: 'max.message.bytes', value: String(recordBytesMax) },
        { name: 'retention.ms', value: String(retentionMs) },
      ],
    })
  } catch (error) {
    // Another process starts at the same time.
    if (findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS') === null) throw error
  }
}
