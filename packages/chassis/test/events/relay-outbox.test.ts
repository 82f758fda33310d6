import { type TestContext, test } from 'node:test'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import { testDialect } from '@parley/testkit/store.ts'
import { nameOf, Publisher } from './order-events.ts'

test('what an earlier process left is published at the start, in order', async (t: TestContext) => {
  await using publisher = await Publisher.open({ limits: { pageRows: 2 } })
  await publisher.publish('b1', 'a1', 'a2', 'c1', 'a3', 'd1', 'e1', 'a4', 'a5')
  t.assert.deepStrictEqual(publisher.transport.deliveries, [])
  await publisher.relay.start()
  const { events } = publisher.transport
  await waitUntil(() => events.length === 9, { what: 'all events, without any time passing,' })
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(
    events.filter((name) => name.startsWith('a')),
    ['a1', 'a2', 'a3', 'a4', 'a5'],
  )
  t.assert.deepStrictEqual(events.toSorted(), ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'c1', 'd1', 'e1'])
})

test('a published event leaves the outbox with a unit of work that has an errand there', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { relay, store, transport } = publisher
  const count = () => publisher.rowsInOutbox()
  await relay.start()
  await publisher.publish('a1', 'b1')
  await waitUntil(() => transport.events.length === 2)
  await publisher.settle()
  const failed = store.transaction(async (tx) => {
    await relay.removeWithin(tx)
    throw new Error('undone')
  })
  await t.assert.rejects(failed, /undone/)
  t.assert.strictEqual(await count(), 2)
  t.assert.strictEqual((await relay.backlog()).events, 0, 'what was published waits for nobody')
  await store.transaction((tx) => relay.removeWithin(tx))
  t.assert.strictEqual(await count(), 1)
  await store.transaction((tx) => relay.removeWithin(tx))
  t.assert.strictEqual(await count(), 1, 'what a unit was given and did not remove goes with a batch')
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(transport.events.toSorted(), ['a1', 'b1'])
})

test('a look through the outbox asks for nothing that was published and is still there', async (t: TestContext) => {
  await using publisher = await Publisher.open({ limits: { removalLingerMs: 60_000 } })
  const { relay, store, transport } = publisher
  await relay.start()
  await publisher.publish(...[...'abcdefghij'].map((key) => `${key}1`))
  await waitUntil(() => transport.events.length === 10)
  await publisher.insertUnseen('k1')
  const before = store.roundTrips
  await publisher.advance(1_000)
  await waitUntil(() => transport.events.length === 11)
  // One for the look, one for what was new, and some that only count on a server that is slow.
  t.assert.ok(store.roundTrips - before <= 5, `${store.roundTrips - before} round trips`)
})

test('an event that another writer commits late, before all that were seen by every column, is found', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  await publisher.relay.start()
  await publisher.publish('z1')
  await publisher.settle()
  await publisher.insertUnseen('a1')
  await publisher.advance(1_000)
  t.assert.deepStrictEqual(publisher.transport.events, ['z1', 'a1'])
})

test('an event of another writer goes before a later one of its key that came by memory', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport } = publisher
  const first = createLatch()
  transport.answer = async (envelope) => {
    if (nameOf(envelope) === 'a1') await first.wait()
    return { status: 'done' }
  }
  await publisher.relay.start()
  await publisher.publish('a1')
  await publisher.insertUnseen('a2')
  await publisher.insertUnseen('b1')
  await publisher.publish('a3', 'b2')
  await publisher.settle()
  first.open()
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(transport.events.toSorted(), ['a1', 'a2', 'a3', 'b1', 'b2'])
  t.assert.deepStrictEqual(
    transport.events.filter((name) => name.startsWith('a')),
    ['a1', 'a2', 'a3'],
  )
  t.assert.deepStrictEqual(
    transport.events.filter((name) => name.startsWith('b')),
    ['b1', 'b2'],
  )
})

test('what does not fit in memory is published all the same, in order', async (t: TestContext) => {
  await using publisher = await Publisher.open({ limits: { eventsMax: 4, keysMax: 3, pageRows: 2, deliveriesMax: 1 } })
  const { transport, relay } = publisher
  const first = createLatch()
  transport.answer = async () => {
    await first.wait()
    return { status: 'done' }
  }
  await relay.start()
  const names = [1, 2, 3, 4].flatMap((seq) => ['a', 'b', 'c', 'd', 'e'].map((key) => `${key}${seq}`))
  await publisher.publish(...names)
  await publisher.settle()
  // Which keys come first, and so how many are in memory, is for a server to say.
  if (testDialect === 'sqlite') t.assert.strictEqual(relay.isFull(), true)
  first.open()
  await waitUntil(() => transport.events.length === names.length, { what: 'all events, without any time passing,' })
  await publisher.outboxIsEmpty()
  t.assert.strictEqual(relay.isFull(), false)
  t.assert.deepStrictEqual(transport.events.toSorted(), names.toSorted())
  for (const key of ['a', 'b', 'c', 'd', 'e']) {
    const ofKey = transport.events.filter((name) => name.startsWith(key))
    t.assert.deepStrictEqual(ofKey, ofKey.toSorted())
  }
})

test('of two relays on one store each publishes what it is told; what nobody was told of is left to the first', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport } = publisher
  const first = publisher.relay
  await first.start()
  await publisher.startSecondRelay()
  await publisher.publish('a1')
  await publisher.settle()
  t.assert.deepStrictEqual(once(transport.events), ['a1'], 'the second was told of it')
  await publisher.insertUnseen('a2')
  await publisher.settle()
  t.assert.deepStrictEqual(once(transport.events), ['a1'])
  await publisher.advance(1_000)
  t.assert.deepStrictEqual(once(transport.events), ['a1', 'a2'])
  await first.close()
  await publisher.insertUnseen('a3')
  await publisher.advance(1_000)
  await publisher.outboxIsEmpty()
  t.assert.deepStrictEqual(once(transport.events), ['a1', 'a2', 'a3'])
})

test('draining waits for what is under way, not for what cannot be delivered', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport, relay } = publisher
  const latch = createLatch()
  transport.answer = async (envelope) => {
    if (envelope.subject === 'a') return { status: 'retry', reason: 'not now' }
    await latch.wait()
    return { status: 'done' }
  }
  await relay.start()
  await publisher.publish('a1', 'b1', 'b2')
  await publisher.settle()
  let isDrained = false
  const drained = relay.drain(AbortSignal.timeout(5_000)).then(() => {
    isDrained = true
  })
  await publisher.settle()
  t.assert.strictEqual(isDrained, false)
  latch.open()
  await drained
  t.assert.strictEqual((await relay.backlog()).events, 1)
  t.assert.deepStrictEqual(transport.events.toSorted(), ['a1', 'b1', 'b2'])
})

test('draining ends when its time is over', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport, relay } = publisher
  const latch = createLatch()
  transport.answer = async () => {
    await latch.wait()
    return { status: 'done' }
  }
  await relay.start()
  await publisher.publish('a1')
  await publisher.settle()
  await relay.drain(AbortSignal.abort())
  t.assert.strictEqual((await relay.backlog()).events, 1)
  latch.open()
})

test('a clock that is set back does not hold up what waits', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const { transport, relay } = publisher
  transport.answer = () => ({ status: 'failed', reason: 'once' })
  await relay.start()
  await publisher.publish('a1')
  await publisher.settle()
  transport.answer = () => ({ status: 'done' })
  publisher.clock.jump(-24 * 60 * 60 * 1_000)
  await publisher.restart()
  await publisher.settle()
  t.assert.deepStrictEqual(transport.events, ['a1', 'a1'])
})

test('how much waits, and since when, can be asked', async (t: TestContext) => {
  await using publisher = await Publisher.open()
  const startMs = publisher.clock.now()
  await publisher.publish('a1')
  publisher.clock.advance(500)
  await publisher.publish('a2', 'b1')
  t.assert.deepStrictEqual(await publisher.relay.backlog(), { events: 3, parked: 0, oldestAt: startMs })
})

/** In their order, without what was sent again because it had not left the outbox. */
function once(names: readonly string[]): string[] {
  return [...new Set(names)]
}
