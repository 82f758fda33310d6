import { type Connection, type Consumer, findErrorBy, offsetCommitV8 } from '@platformatic/kafka'

/** What a member of a group was given: the partitions it owns until the next generation. */
export interface Membership {
  readonly generationId: number
  readonly memberId: string
  readonly partitions: readonly TopicPartition[]
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: bigint
}

export type GroupConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>

const earliest = -2n
const fenced = ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'] as const

/**
 * Commits offsets in the name of `membership`, whatever the client has become since: Kafka refuses them once there is a
 * later generation. (The client's own `commit` joins again and repeats the offsets as a member that may not own them.)
 * The request is written before this returns, so that one made at the news of a rebalance comes before the next join.
 */
export async function commitOffsets(
  coordinator: Connection,
  { groupId, membership, offsets }: { groupId: string; membership: Membership; offsets: readonly PartitionOffset[] },
): Promise<'committed' | 'refused'> {
  const topics = Map.groupBy(offsets, ({ topic }) => topic)
  const request = [...topics].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    })),
  }))
  try {
    const { generationId, memberId } = membership
    await offsetCommitV8.api.async(coordinator, groupId, generationId, memberId, null, request)
    return 'committed'
  } catch (error) {
    if (fenced.some((id) => findErrorBy(error as Error, 'apiId', id) !== null)) return 'refused'
    throw error
  }
}

export async function connectToCoordinator(consumer: GroupConsumer): Promise<Connection> {
  const coordinatorId = consumer.coordinatorId ?? (await consumer.findGroupCoordinator())
  const connection = (await consumer.connectToBrokers([coordinatorId])).get(coordinatorId)
  if (connection === undefined) throw new Error(`there is no connection to the coordinator of ${consumer.groupId}`)
  return connection
}

/** Where to begin in each partition: what the group has committed, or the oldest record that there is. */
export async function findPositions(
  consumer: GroupConsumer,
  partitions: readonly TopicPartition[],
): Promise<PartitionOffset[]> {
  if (partitions.length === 0) return []
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: own.map(({ partition }) => partition),
  }))
  const committed = await consumer.listCommittedOffsets({ topics })
  const oldest = await findOldest(consumer, partitions)
  return oldest.map((start) => {
    const offset = committed.get(start.topic)?.[start.partition]
    return offset === undefined || offset < 0n ? start : { ...start, offset }
  })
}

export async function findOldest(
  consumer: GroupConsumer,
  partitions: readonly TopicPartition[],
): Promise<PartitionOffset[]> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const offsets = await consumer.listOffsets({ topics, timestamp: earliest })
  return partitions.map(({ topic, partition }) => ({ topic, partition, offset: offsets.get(topic)?.[partition] ?? 0n }))
}
