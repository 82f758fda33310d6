import { type TestContext, test } from 'node:test'
import { isUniqueViolation } from '@parley/chassis/store/store-errors.ts'
import { createLatch } from '@parley/testkit/latch.ts'
import { sqliteOnly } from '@parley/testkit/store.ts'
import { nameOf, Publisher } from './order-events.ts'

test('a committed event reaches every subscriber and leaves the outbox', async (t: TestContext) => {
  await using publisher = await Publisher.open({ subscribersOf: () => ['billing', 'stock'] })
  await publisher.relay.start()
  await publisher.publish('a1')
  await publisher.settle()
  t.assert.deepStrictEqual(publisher.transport.deliveries, ['billing: a1', 'stock: a1'])
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(publisher.transport.deliveries, ['billing: a1', 'stock: a1'])
})

test('an event of a transaction that fails is never published', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  await publisher.relay.start()
  await publisher.publish('a1')
  await t.assert.rejects(publisher.publish('a1'), isUniqueViolation)
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(publisher.transport.events, ['a1'])
})

test('events that are committed together go to a subscriber as one delivery, one per key', {
  skip: sqliteOnly,
}, async (t: TestContext) => {
  await using publisher = await Publisher.open()
  await publisher.relay.start()
  await publisher.publish('a1', 'b1', 'a2', 'c1')
  await publisher.settle()
  t.assert.deepStrictEqual(publisher.transport.deliveries, ['billing: a1 b1 c1', 'billing: a2'])
})

test('the next event of a key waits for the one before it, those of other keys do not', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport } = publisher
  const first = createLatch()
  transport.answer = async (envelope) => {
    if (nameOf(envelope) === 'a1') await first.wait()
    return { status: 'done' }
  }
  await publisher.relay.start()
  await publisher.publish('a1', 'a2')
  await publisher.publish('b1', 'b2')
  await publisher.settle()
  t.assert.deepStrictEqual(transport.events, ['a1', 'b1', 'b2'])
  first.open()
  await publisher.settle()
  t.assert.deepStrictEqual(transport.events, ['a1', 'b1', 'b2', 'a2'])
})

test('an event that is not taken now comes again after a growing delay, and holds only its own key', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport } = publisher
  let isOpen = false
  transport.answer = (envelope) =>
    isOpen || envelope.subject !== 'a' ? { status: 'done' } : { status: 'retry', reason: 'not now' }
  await publisher.relay.start()
  await publisher.publish('a1', 'a2', 'b1', 'b2')
  await publisher.settle()
  t.assert.deepStrictEqual(transport.events.toSorted(), ['a1', 'b1', 'b2'])
  await publisher.advance(99)
  t.assert.strictEqual(transport.events.length, 3)
  await publisher.advance(1)
  t.assert.deepStrictEqual(transport.events.slice(3), ['a1'])
  await publisher.advance(199)
  t.assert.strictEqual(transport.events.length, 4)
  isOpen = true
  await publisher.advance(1)
  t.assert.deepStrictEqual(transport.events.slice(4), ['a1', 'a2'])
  await publisher.outboxIsEmpty()
})

test('an unreachable subscriber is tried for as long as it takes and nothing is parked', async (t: TestContext) => {
  await using publisher = await Publisher.open({ limits: { attemptsMax: 3 } })
  const { transport, relay } = publisher
  let isDown = true
  transport.answer = () => {
    if (isDown) throw new Error('connection refused')
    return { status: 'done' }
  }
  await relay.start()
  await publisher.publish('a1', 'a2', 'b1')
  for (let minute = 0; minute < 20; minute++) await publisher.advance(60_000)
  t.assert.deepStrictEqual({ ...(await relay.backlog()), oldestAt: 0 }, { events: 3, parked: 0, oldestAt: 0 })
  isDown = false
  transport.events.length = 0
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(transport.events.toSorted(), ['a1', 'a2', 'b1'])
})

test('an event on which a handler keeps failing is parked with its reason and holds its key', async (t: TestContext) => {
  await using publisher = await Publisher.open({ limits: { attemptsMax: 3 } })
  const { transport, relay } = publisher
  transport.answer = (envelope) =>
    nameOf(envelope) === 'a1' ? { status: 'failed', reason: 'TypeError: poison' } : { status: 'done' }
  await relay.start()
  await publisher.publish('a1', 'a2', 'b1')
  for (let second = 0; second < 60; second++) await publisher.advance(1_000)
  t.assert.deepStrictEqual(transport.events, ['a1', 'b1', 'a1', 'a1'])
  const [parked] = await relay.listParked({ limit: 10 })
  t.assert.strictEqual(parked?.envelope.subject, 'a')
  t.assert.strictEqual(parked.parkedReason, 'TypeError: poison')
  t.assert.strictEqual(parked.attempts, 3)
  t.assert.strictEqual((await relay.backlog()).parked, 1)

  await publisher.publish('a3')
  await publisher.restart()
  for (let second = 0; second < 60; second++) await publisher.advance(1_000)
  t.assert.strictEqual(transport.events.length, 4, 'neither news nor a new process move a parked key')
})

test('a replayed event is sent again, and its key goes on in order', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport, relay } = publisher
  transport.answer = () => ({ status: 'rejected', reason: 'its step must be a number' })
  await relay.start()
  await publisher.publish('a1', 'a2')
  await publisher.settle()
  const [parked] = await relay.listParked({ limit: 10 })
  t.assert.strictEqual(parked?.parkedReason, 'its step must be a number')
  t.assert.deepStrictEqual(transport.events, ['a1'], 'what is rejected is not tried again')

  transport.answer = () => ({ status: 'done' })
  t.assert.strictEqual(await relay.replay(parked.envelope.id), true)
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(transport.events, ['a1', 'a1', 'a2'])
  t.assert.strictEqual(await relay.replay(parked.envelope.id), false)
})

test('a skipped event is gone, and its key goes on', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport, relay } = publisher
  transport.answer = (envelope) =>
    nameOf(envelope) === 'a1' ? { status: 'rejected', reason: 'no' } : { status: 'done' }
  await relay.start()
  await publisher.publish('a1', 'a2')
  await publisher.settle()
  const [parked] = await relay.listParked({ limit: 10 })
  t.assert.strictEqual(await relay.skip(parked?.envelope.id ?? ''), true)
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(transport.events, ['a1', 'a2'])
  t.assert.strictEqual(await relay.skip('evt_unknown'), false)
})

test('an event counts as published when all its subscribers have taken it; each is asked only until it has', async (t: TestContext) => {
  await using publisher = await Publisher.open({ subscribersOf: () => ['billing', 'stock'] })
  const { transport, relay } = publisher
  let tries = 0
  transport.answer = (_envelope, subscriber) =>
    subscriber === 'stock' && ++tries < 3 ? { status: 'retry', reason: 'not now' } : { status: 'done' }
  await relay.start()
  await publisher.publish('a1', 'a2')
  await publisher.settle()
  t.assert.strictEqual((await relay.backlog()).events, 2)
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(transport.deliveries.slice(0, 4), ['billing: a1', 'stock: a1', 'stock: a1', 'stock: a1'])
  t.assert.deepStrictEqual(transport.deliveries.slice(4).toSorted(), ['billing: a2', 'stock: a2'])
})

test('events that nobody takes leave the outbox', async (t: TestContext) => {
  await using publisher = await Publisher.open({ subscribersOf: () => [] })
  await publisher.relay.start()
  await publisher.publish('a1', 'a2', 'b1')
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(publisher.transport.deliveries, [])
})
