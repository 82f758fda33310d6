import { type TestContext, test } from 'node:test'
import { createFakeClock } from '@parley/testkit/clock.ts'
import type { Envelope } from '../../events/envelope.ts'
import { PublishedEvents } from '../../events/published-events.ts'

const lingerMs = 500
const retryMs = 1_000

function envelope(id: string): Envelope {
  return {
    specversion: '1.0',
    id,
    source: 'shop',
    type: 'order.placed.v1',
    subject: id,
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: '1',
    tenant: 'tenant-a',
    correlationid: 'req_1',
    data: {},
  }
}

function publishedEvents({ fails = () => false }: { fails?: () => boolean } = {}) {
  const clock = createFakeClock()
  const removals: string[][] = []
  const published = new PublishedEvents({
    timers: { after: (delayMs, action) => clock.after(delayMs, action) },
    async remove(envelopes) {
      if (fails()) throw new Error('no database')
      removals.push(envelopes.map(({ id }) => id))
    },
    failed() {},
    lingerMs,
    retryMs,
  })
  return { clock, published, removals }
}

test('events are removed together, after they have waited for each other', async (t: TestContext) => {
  const { clock, published, removals } = publishedEvents()
  published.add(envelope('a'))
  published.add(envelope('b'))
  clock.advance(lingerMs)
  published.add(envelope('c'))
  t.assert.deepStrictEqual(removals, [])
  clock.advance(lingerMs)
  await published.flush()
  t.assert.deepStrictEqual(removals, [['a', 'b'], ['c']])
  t.assert.ok(
    ['a', 'b', 'c'].every((id) => published.has(id)),
    'a read that is under way may still show them',
  )
})

test('what a unit of work has removed is not removed again', async (t: TestContext) => {
  const { clock, published, removals } = publishedEvents()
  for (const id of ['a', 'b', 'c']) published.add(envelope(id))
  const taken = published.take()
  t.assert.strictEqual(taken?.id, 'a')
  if (taken !== undefined) published.left(taken)
  t.assert.ok(published.has('a'))
  t.assert.strictEqual(published.take()?.id, 'b')
  clock.advance(lingerMs)
  clock.advance(lingerMs)
  await published.flush()
  // The unit that was given b has not committed.
  t.assert.deepStrictEqual(removals, [['b', 'c']])
  t.assert.strictEqual(published.take(), undefined)
})

test('where units of work remove everything in time, nothing else has to', async (t: TestContext) => {
  const { clock, published, removals } = publishedEvents()
  for (let count = 0; count < 50; count++) {
    published.add(envelope(`${count}`))
    clock.advance(lingerMs / 10)
    const taken = published.take()
    if (taken !== undefined) published.left(taken)
  }
  await published.flush()
  t.assert.deepStrictEqual(removals, [])
})

test('a removal that failed is tried again', async (t: TestContext) => {
  let isDown = true
  const { clock, published, removals } = publishedEvents({ fails: () => isDown })
  published.add(envelope('a'))
  await published.flush()
  t.assert.deepStrictEqual(removals, [])
  isDown = false
  clock.advance(retryMs)
  await published.flush()
  t.assert.deepStrictEqual(removals, [['a']])
})
