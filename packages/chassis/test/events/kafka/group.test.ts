import { describe, type TestContext, test } from 'node:test'
import { clientOptions } from '@parley/chassis/events/kafka/kafka-client.ts'
import { encodeEvent } from '@parley/chassis/events/kafka/kafka-record.ts'
import type { KafkaSettings } from '@parley/chassis/events/kafka/kafka-settings.ts'
import { groupOf, topicOf } from '@parley/chassis/events/kafka/kafka-topics.ts'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import { findKafka } from '@parley/testkit/services.ts'
import { Admin } from '@platformatic/kafka'
import { EventHouse, numbersOf, upTo } from '../event-house.ts'
import { type KafkaWay, kafkaSettings, kafkaWay } from '../kafka-way.ts'
import { nameOf, placedEnvelope } from '../order-events.ts'

const kafka = await findKafka()
const brokers = 'missing' in kafka ? '' : kafka.brokers
const skip = 'missing' in kafka ? kafka.missing : false
const longMs = 20_000

async function open(
  changes: Partial<KafkaSettings> = {},
  limits: Parameters<typeof kafkaWay>[1] = {},
): Promise<{ house: EventHouse; way: KafkaWay } & AsyncDisposable> {
  const way = kafkaWay(kafkaSettings(brokers, changes), limits)
  const house = await EventHouse.open(way)
  return { house, way, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() }
}

async function asAdmin<T>(settings: KafkaSettings, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(clientOptions(settings, 'test-admin'))
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

/** What the group has committed, by partition; -1 where it has nothing. */
function committed(settings: KafkaSettings, consumer = 'billing'): Promise<number[]> {
  return asAdmin(settings, async (admin) => {
    const groupId = groupOf(settings, consumer)
    const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
    const partitions = group?.topics.flatMap((topic) => topic.partitions) ?? []
    return partitions
      .toSorted((one, other) => one.partitionIndex - other.partitionIndex)
      .map(({ committedOffset }) => Number(committedOffset))
  })
}

describe('a group of consumers', { skip, concurrency: 4 }, () => {
  test('no offset is committed before the work is', async (t: TestContext) => {
    await using opened = await open({ partitions: 1 })
    const { house, way } = opened
    const working = createLatch()
    const release = createLatch()
    house.before = async (envelope) => {
      if (nameOf(envelope) !== 'a2') return
      working.open()
      await release.wait({ timeoutMs: longMs })
    }
    await house.subscribe('billing')
    await house.publish('a1', 'a2', 'a3')
    await working.wait({ timeoutMs: longMs })
    await waitUntil(async () => (await committed(way.settings))[0] === 1, {
      what: 'the commit of a1',
      timeoutMs: longMs,
    })
    release.open()
    await waitUntil(async () => (await committed(way.settings))[0] === 3, {
      what: 'the commit of all',
      timeoutMs: longMs,
    })
    t.assert.deepStrictEqual(await house.effects(), ['a1', 'a2', 'a3'])
  })

  test('completion out of order commits nothing past work in flight, and a successor begins there', async (t: TestContext) => {
    await using opened = await open({ partitions: 1 }, { closeTimeoutMs: 100 })
    const { house, way } = opened
    const release = createLatch()
    const seen: string[] = []
    house.before = async (envelope) => {
      seen.push(nameOf(envelope))
      if (envelope.subject === 'a' && !release.isOpen) await release.wait({ timeoutMs: longMs })
    }
    const first = await way.addReplica('billing', house.receiver('billing'))
    await house.publish('b1')
    await house.untilEffects(1)
    await house.publish('a1')
    await waitUntil(() => seen.includes('a1'), { timeoutMs: longMs })
    // Of other stores' events, which need not wait for the transaction that is open here.
    await house.publish('z1')
    await house.untilOutboxIsEmpty()
    await waitUntil(async () => (await committed(way.settings))[0] === 1, {
      what: 'the commit of b1',
      timeoutMs: longMs,
    })
    const closing = first.intake.close()
    const second = await way.addReplica('billing', house.receiver('billing'))
    await waitUntil(() => seen.filter((name) => name === 'a1').length >= 1, { timeoutMs: longMs })
    release.open()
    await closing
    await house.untilEffects(3)
    await waitUntil(async () => (await committed(way.settings))[0] === 3, {
      what: 'the commit of all',
      timeoutMs: longMs,
    })
    await second.intake.close()
    t.assert.deepStrictEqual((await house.effects()).toSorted(), ['a1', 'b1', 'z1'])
  })

  test('members join and leave under load: every event has one effect, in the order of its key', async (t: TestContext) => {
    await using opened = await open({ partitions: 4 })
    const { house, way } = opened
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    const count = 60
    await house.subscribe('billing')
    const publishing = (async () => {
      for (const seq of upTo(count)) {
        await house.publish(...keys.map((key) => `${key}${seq}`))
        await house.untilEffects(Math.max(0, (seq - 5) * keys.length), 'billing', longMs)
      }
    })()
    await house.untilEffects(12, 'billing', longMs)
    const second = await way.addReplica('billing', house.receiver('billing'))
    await house.untilEffects(60, 'billing', longMs)
    const third = await way.addReplica('billing', house.receiver('billing'))
    await house.untilEffects(120, 'billing', longMs)
    await second.intake.close()
    await house.untilEffects(180, 'billing', longMs)
    await third.intake.close()
    await publishing
    const names = await house.untilEffects(count * keys.length, 'billing', longMs)
    t.assert.strictEqual(names.length, count * keys.length)
    for (const key of keys) t.assert.deepStrictEqual(numbersOf(key, names), upTo(count))
  })

  test('replicas of a service share the events, and each service gets all of them', async (t: TestContext) => {
    await using opened = await open({ partitions: 4 })
    const { house, way } = opened
    const takenBy = new Map<string, number>()
    const counting = (name: string) => {
      const receive = house.receiver('billing')
      return async (envelopes: Parameters<typeof receive>[0]) => {
        takenBy.set(name, (takenBy.get(name) ?? 0) + envelopes.length)
        return receive(envelopes)
      }
    }
    await way.addReplica('billing', counting('one'))
    await way.addReplica('billing', counting('two'))
    await house.subscribe('stock')
    const keys = 'abcdefghijklmnop'.split('')
    let seq = 0
    await waitUntil(
      async () => {
        seq++
        await house.publish(...keys.map((key) => `${key}${seq}`))
        await house.untilEffects(seq * keys.length, 'stock', longMs)
        return takenBy.size === 2
      },
      { what: 'both replicas to take events', timeoutMs: longMs },
    )
    await house.untilEffects(seq * keys.length, 'billing', longMs)
    t.assert.strictEqual((await house.effects('billing')).length, seq * keys.length)
    t.assert.strictEqual((await house.effects('stock')).length, seq * keys.length)
  })

  test('a stale member does not commit over the new owner: it is refused, counted, and joins again', async (t: TestContext) => {
    // The refusal comes before the next heartbeat, which would tell of the removal first.
    const limits = { heartbeatMs: 6_000, sessionTimeoutMs: 18_000, rebalanceTimeoutMs: 18_000 }
    await using opened = await open({ partitions: 1 }, limits)
    const { house, way } = opened
    const working = createLatch()
    const release = createLatch()
    house.before = async (envelope) => {
      if (nameOf(envelope) !== 'a1') return
      working.open()
      await release.wait({ timeoutMs: longMs })
    }
    const replica = await way.addReplica('billing', house.receiver('billing'))
    await house.publish('a1', 'a2')
    await working.wait({ timeoutMs: longMs })
    await asAdmin(way.settings, async (admin) => {
      const groupId = groupOf(way.settings, 'billing')
      const members = (await admin.describeGroups({ groups: [groupId] })).get(groupId)?.members ?? new Map()
      await admin.removeMembersFromConsumerGroup({
        groupId,
        members: [...members.keys()].map((memberId) => ({ memberId })),
      })
    })
    release.open()
    const refusals = () => counterOf(replica.metrics, 'parley_events_commits_refused_total')
    await waitUntil(async () => (await refusals()) === 1, { what: 'the refusal', timeoutMs: longMs })
    await house.publish('a3')
    t.assert.deepStrictEqual(await house.untilEffects(3, 'billing', longMs), ['a1', 'a2', 'a3'])
    await waitUntil(async () => (await committed(way.settings))[0] === 3, { what: 'the commit', timeoutMs: longMs })
  })

  test('a slow handler is not taken for dead: its member stays, its event comes once, other keys go on', async (t: TestContext) => {
    await using opened = await open({ partitions: 1 }, { sessionTimeoutMs: 1_000, rebalanceTimeoutMs: 1_000 })
    const { house, way } = opened
    let tries = 0
    const startedMs = performance.now()
    const receive = house.receiver('billing')
    const others: string[] = []
    await way.addReplica('billing', async (envelopes) => {
      if (envelopes[0]?.subject === 'a') {
        tries++
        await waitUntil(() => performance.now() - startedMs > 3_500, { timeoutMs: longMs, pollMs: 50 })
      } else others.push(...envelopes.map(nameOf))
      return receive(envelopes)
    })
    await house.publish('a1', 'b1', 'b2')
    await waitUntil(() => others.length === 2, { timeoutMs: longMs })
    t.assert.ok(performance.now() - startedMs < 3_500, 'before the slow one has ended')
    await house.untilEffects(3, 'billing', longMs)
    t.assert.strictEqual(tries, 1)
  })

  test('partitions that are added change no order, and are read too', async (t: TestContext) => {
    await using opened = await open({ partitions: 1 })
    const { house, way } = opened
    const keys = ['a', 'b', 'c', 'd', 'e']
    await house.subscribe('billing')
    for (const seq of upTo(10)) await house.publish(...keys.map((key) => `${key}${seq}`))
    await house.untilEffects(10, 'billing', longMs)
    const topic = topicOf(way.settings, 'orders')
    await asAdmin(way.settings, (admin) =>
      admin.createPartitions({ topics: [{ name: topic, count: 4, assignments: null }] }),
    )
    for (const seq of upTo(10)) await house.publish(...keys.map((key) => `${key}${seq + 10}`))
    const names = await house.untilEffects(100, 'billing', longMs)
    for (const key of keys) t.assert.deepStrictEqual(numbersOf(key, names), upTo(20))

    const foreign = encodeEvent(placedEnvelope('z', 1))
    await way.write({ ...foreign, topic, partition: 3 })
    await house.untilEffects(101, 'billing', longMs)
    t.assert.ok((await house.effects()).includes('z1'))
  })
})

async function counterOf(
  metrics: Awaited<ReturnType<KafkaWay['addReplica']>>['metrics'],
  name: string,
): Promise<number> {
  const metric = await metrics.getSingleMetric(name)?.get()
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
}
