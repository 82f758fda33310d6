import { describe, type TestContext, test } from 'node:test'
import { listDeadLetters, settleDeadLetter } from '@parley/chassis/events/kafka/dead-letter-list.ts'
import { encodeEvent } from '@parley/chassis/events/kafka/kafka-record.ts'
import { topicOf } from '@parley/chassis/events/kafka/kafka-topics.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findKafka } from '@parley/testkit/services.ts'
import { EventHouse } from '../event-house.ts'
import { kafkaSettings, kafkaWay } from '../kafka-way.ts'
import { nameOf, OrderPlaced, placedEnvelope } from '../order-events.ts'

const kafka = await findKafka()
const skip = 'missing' in kafka ? kafka.missing : false
const timeoutMs = 20_000

async function open() {
  const way = kafkaWay(kafkaSettings('missing' in kafka ? '' : kafka.brokers, { partitions: 1 }))
  const house = await EventHouse.open(way)
  return { house, way, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() }
}

describe('events that a service cannot take', { skip, concurrency: 3 }, () => {
  test('a poison event is put aside with its reason; its key and the others go on', async (t: TestContext) => {
    await using opened = await open()
    const { house, way } = opened
    let isPoison = true
    house.within = (envelope) => {
      if (isPoison && nameOf(envelope) === 'a1') throw new TypeError('poison')
    }
    await house.subscribe('billing')
    await house.publish('a1', 'a2', 'b1')
    t.assert.deepStrictEqual((await house.untilEffects(2, 'billing', timeoutMs)).toSorted(), ['a2', 'b1'])
    const [letter] = await listDeadLetters(way.settings, 'billing')
    t.assert.strictEqual(letter?.reason, 'TypeError: poison')
    t.assert.strictEqual(letter.type, OrderPlaced.type)
    t.assert.strictEqual(letter.subject, 'a')

    isPoison = false
    const { id } = letter
    t.assert.strictEqual(await settleDeadLetter(way.settings, { consumer: 'billing', id, action: 'replay' }), true)
    await house.untilEffects(3, 'billing', timeoutMs)
    t.assert.ok((await house.effects()).includes('a1'), 'though later events of its key were handled before')
    t.assert.deepStrictEqual(await listDeadLetters(way.settings, 'billing'), [])
    t.assert.strictEqual(await settleDeadLetter(way.settings, { consumer: 'billing', id, action: 'replay' }), false)
  })

  test('undecodable bytes and unknown data are put aside, and may be given up', async (t: TestContext) => {
    await using opened = await open()
    const { house, way } = opened
    await house.subscribe('billing')
    await house.publish('a1')
    await house.untilEffects(1, 'billing', timeoutMs)
    const topic = topicOf(way.settings, 'orders')
    const garbage = { key: Buffer.from('x'), value: Buffer.from([0xff, 0x00]), headers: new Map() }
    await way.write({ ...garbage, topic })
    await way.write({ ...encodeEvent(placedEnvelope('c', 1, { data: { orderId: 'c', step: 'no' } })), topic })
    await house.publish('b1')
    await house.untilEffects(2, 'billing', timeoutMs)
    const letters = () => listDeadLetters(way.settings, 'billing')
    await waitUntil(async () => (await letters()).length === 2, { what: 'two dead letters', timeoutMs, pollMs: 50 })
    const [first, second] = await letters()
    t.assert.strictEqual(first?.reason, 'its value is not JSON')
    t.assert.strictEqual(second?.reason, 'its step must be integer')
    for (const { id } of [first, second]) {
      t.assert.strictEqual(await settleDeadLetter(way.settings, { consumer: 'billing', id, action: 'skip' }), true)
    }
    t.assert.deepStrictEqual(await letters(), [])
  })

  test('an oversize event is parked at its publisher, with its reason; other keys go on', async (t: TestContext) => {
    await using opened = await open()
    const { house, way } = opened
    await house.subscribe('billing')
    const [result] = await way.transport.deliver('kafka', [placedEnvelope('z', 1, { data: 'x'.repeat(2_000_000) })])
    t.assert.strictEqual(result?.status, 'rejected')
    const many = Array.from({ length: 30 }, (_, index) => placedEnvelope(`k${index}`, 1, { data: 'x'.repeat(100_000) }))
    const results = await way.transport.deliver('kafka', many)
    t.assert.ok(
      results.every(({ status }) => status === 'done'),
      'what is too large together goes in portions',
    )
    await house.publish('a1')
    await house.untilEffects(1, 'billing', timeoutMs)
  })
})
