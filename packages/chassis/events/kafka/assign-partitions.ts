import type { GroupPartitionsAssigner } from '@platformatic/kafka'

/**
 * Spreads the partitions of each topic over the members that subscribe to it. Members may differ in their topics while
 * a new version is rolled out; the library's own assigner would give a member what it did not ask for.
 */
export const assignPartitions: GroupPartitionsAssigner = (_leader, members, topics, metadata) => {
  const assigned = [...members.keys()].sort().map((memberId) => ({ memberId, assignments: new Map() }))
  let turn = 0
  for (const topic of [...topics].sort()) {
    const takers = assigned.filter(({ memberId }) => members.get(memberId)?.topics?.includes(topic) ?? false)
    const count = takers.length === 0 ? 0 : (metadata.topics.get(topic)?.partitionsCount ?? 0)
    for (let partition = 0; partition < count; partition++) {
      const { assignments } = takers[turn++ % takers.length] ?? { assignments: new Map() }
      const own = assignments.get(topic) ?? { topic, partitions: [] }
      own.partitions.push(partition)
      assignments.set(topic, own)
    }
  }
  return assigned
}
