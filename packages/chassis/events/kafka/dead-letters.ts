import type { RecordContent } from './kafka-record.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import { deadTopicOf, recordBytesMax } from './kafka-topics.ts'
import type { KafkaTransport } from './kafka-transport.ts'

/** A record as it was read: its content and its place. */
export interface PlacedRecord extends RecordContent {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

export const deadHeaders = {
  reason: 'parley-dead-reason',
  consumer: 'parley-dead-consumer',
  topic: 'parley-dead-topic',
  partition: 'parley-dead-partition',
  offset: 'parley-dead-offset',
} as const

const reasonCharsMax = 500
/** Leaves room for the headers that say why. */
const valueBytesMax = recordBytesMax - 16 * 1024

/** Puts aside what a service could not take, with the reason and where it was. Too large a value stays where it is. */
export async function writeDeadLetter(
  transport: KafkaTransport,
  {
    settings,
    consumer,
    record,
    reason,
  }: { settings: KafkaSettings; consumer: string; record: PlacedRecord; reason: string },
): Promise<void> {
  const { key, value, topic, partition, offset } = record
  const why = {
    [deadHeaders.reason]: reason.slice(0, reasonCharsMax),
    [deadHeaders.consumer]: consumer,
    [deadHeaders.topic]: topic,
    [deadHeaders.partition]: String(partition),
    [deadHeaders.offset]: String(offset),
  }
  const headers = new Map(record.headers)
  for (const [name, text] of Object.entries(why)) headers.set(name, Buffer.from(text))
  const isLarge = (value?.length ?? 0) > valueBytesMax
  await transport.write({
    topic: deadTopicOf(settings, consumer),
    partition: 0,
    key,
    value: isLarge ? null : value,
    headers,
  })
}
