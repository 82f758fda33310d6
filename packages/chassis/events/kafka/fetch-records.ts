import { findErrorBy, IS_CONTROL, type KafkaRecord } from '@platformatic/kafka'
import type { PlacedRecord } from './dead-letters.ts'
import { findOldest, type GroupConsumer } from './group-member.ts'
import { recordBytesMax } from './kafka-topics.ts'
import type { PartitionWork } from './partition-work.ts'
import { pause } from './pause.ts'

/** A record with the key whose order it belongs to; one without a key belongs to none. */
export interface FetchedRecord extends PlacedRecord {
  readonly orderKey: string
}

export interface OwnedPartition {
  readonly topic: string
  readonly partition: number
  readonly work: PartitionWork<FetchedRecord>
  /** As of the last fetch: where the next record will be. */
  endOffset: bigint
}

export interface FetchOptions {
  readonly consumer: GroupConsumer
  readonly owned: readonly OwnedPartition[]
  readonly signal: AbortSignal
  /** Told of every answer. */
  readonly fetched: () => void
}

type FetchResponse = Awaited<ReturnType<GroupConsumer['fetch']>>

/** How long Kafka may wait for news before it answers. */
const waitMaxMs = 250
const noRoomPauseMs = 5

/**
 * Gives each partition its records while it has room, from all brokers side by side, until `signal` aborts. Rejects when
 * a broker cannot be asked, after having stopped to ask the others.
 */
export async function fetchRecords(options: FetchOptions): Promise<void> {
  const { consumer, owned, signal } = options
  const topics = [...new Set(owned.map(({ topic }) => topic))]
  if (topics.length === 0) return untilAborted(signal)
  const metadata = await consumer.metadata({ topics, forceUpdate: true })
  const topicIds = new Map(topics.map((topic) => [metadata.topics.get(topic)?.id ?? '', topic]))
  const leaderOf = ({ topic, partition }: OwnedPartition) => metadata.topics.get(topic)?.partitions[partition]?.leader
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  const loops = [...Map.groupBy(owned, leaderOf)].map(async ([node, ofNode]) => {
    try {
      if (node === undefined) throw new Error(`${ofNode[0]?.topic} has no leader for some partition`)
      while (!both.aborted) await fetchOnce({ ...options, signal: both }, { node, ofNode, topicIds })
    } finally {
      failed.abort()
    }
  })
  const ends = await Promise.allSettled(loops)
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}

interface BrokerShare {
  readonly node: number
  readonly ofNode: readonly OwnedPartition[]
  readonly topicIds: ReadonlyMap<string, string>
}

async function fetchOnce(options: FetchOptions, { node, ofNode, topicIds }: BrokerShare): Promise<void> {
  const { consumer, signal, fetched } = options
  const open = ofNode.filter(({ work }) => work.hasRoom)
  if (open.length === 0) {
    await pause(noRoomPauseMs, signal)
    return
  }
  const idOf = new Map([...topicIds].map(([id, topic]) => [topic, id]))
  const topics = open.map(({ topic, partition, work }) => ({
    topicId: idOf.get(topic) ?? '',
    partitions: [
      {
        partition,
        fetchOffset: work.position,
        partitionMaxBytes: recordBytesMax,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
      },
    ],
  }))
  let response: FetchResponse
  try {
    response = await consumer.fetch({ node, topics, maxWaitTime: waitMaxMs })
  } catch (error) {
    if (findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') === null) throw error
    await goToOldest(consumer, open)
    return
  }
  fetched()
  if (!signal.aborted) take(response, open, topicIds)
}

/** What a partition's position names is gone: retention removed it before it was taken. The inbox tells what is news. */
async function goToOldest(consumer: GroupConsumer, open: readonly OwnedPartition[]): Promise<void> {
  const oldest = await findOldest(consumer, open)
  for (const { topic, partition, offset } of oldest) {
    open.find((owned) => owned.topic === topic && owned.partition === partition)?.work.passOver(offset)
  }
}

function take(response: FetchResponse, open: readonly OwnedPartition[], topicIds: ReadonlyMap<string, string>): void {
  for (const { topicId, partitions } of response.responses) {
    const topic = topicIds.get(topicId)
    for (const { partitionIndex, records: batches, highWatermark } of partitions) {
      const owned = open.find((one) => one.topic === topic && one.partition === partitionIndex)
      if (owned === undefined) continue
      owned.endOffset = highWatermark
      for (const batch of batches ?? []) {
        if ((batch.attributes & IS_CONTROL) === 0) {
          for (const record of batch.records) {
            owned.work.add(toFetched(record, owned, batch.firstOffset + BigInt(record.offsetDelta)))
          }
        }
        owned.work.passOver(batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n)
      }
    }
  }
}

function toFetched({ key, value, headers }: KafkaRecord, { topic, partition }: OwnedPartition, offset: bigint) {
  return {
    topic,
    partition,
    offset,
    key,
    value,
    headers: new Map(headers.map(([name, header]) => [name?.toString('utf8') ?? '', header ?? Buffer.alloc(0)])),
    orderKey: key === null ? `#${offset}` : key.toString('latin1'),
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
