import { Consumer } from '@platformatic/kafka'
import type { PlacedRecord } from './dead-letters.ts'
import { type FetchedRecord, fetchRecords, type OwnedPartition } from './fetch-records.ts'
import { findOldest, type GroupConsumer } from './group-member.ts'
import { clientOptions } from './kafka-client.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import { PartitionWork } from './partition-work.ts'

/** Everything that a topic holds now, in the order of each partition; belongs to no group and commits nothing. */
export async function readTopic(settings: KafkaSettings, topic: string): Promise<PlacedRecord[]> {
  const consumer: GroupConsumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptions(settings, 'parley-reader'),
    groupId: `${settings.prefix}reader`,
    autocommit: false,
  })
  consumer.topics.track(topic)
  try {
    const metadata = await consumer.metadata({ topics: [topic] })
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? []
    return await readUntil(consumer, await findOldest(consumer, partitions), ends)
  } finally {
    await consumer.close(true)
  }
}

async function readUntil(
  consumer: GroupConsumer,
  starts: readonly { topic: string; partition: number; offset: bigint }[],
  ends: readonly bigint[],
): Promise<PlacedRecord[]> {
  const records: PlacedRecord[] = []
  const stopping = new AbortController()
  const isRead = () => owned.every(({ partition, work }) => work.position >= (ends[partition] ?? 0n))
  const handle = async (record: PlacedRecord) => {
    records.push(record)
    return true
  }
  const owned = starts.map(
    ({ topic, partition, offset }): OwnedPartition => ({
      topic,
      partition,
      endOffset: offset,
      work: new PartitionWork<FetchedRecord>({
        position: offset,
        handle,
        progressed: () => {},
        signal: stopping.signal,
      }),
    }),
  )
  if (isRead()) return records
  const fetched = () => {
    // What an answer brought has its place a turn later.
    setImmediate(() => {
      if (isRead()) stopping.abort()
    })
  }
  await fetchRecords({ consumer, owned, signal: stopping.signal, fetched })
  return records
}
