import { type TestContext, test } from 'node:test'
import { withEventTables } from '@parley/chassis/events/event-tables.ts'
import { createInbox, type Inbox } from '@parley/chassis/events/inbox.ts'
import { on } from '@parley/chassis/events/subscription.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createTestStore, sqliteOnly, type TestStore } from '@parley/testkit/store.ts'
import { OrderPlaced, type OrderPlacedData, placedEnvelope as placed, silentLog } from './order-events.ts'

interface BillSchema {
  bills: { order_id: string; step: number }
}

type Handler = (tx: Transaction, data: OrderPlacedData) => Promise<void>

async function openBilling(): Promise<TestStore<BillSchema>> {
  return createTestStore<BillSchema>('billing', [
    {
      name: '0001-initial',
      up: (db) => db.schema.createTable('bills').addColumn('order_id', 'text').addColumn('step', 'integer').execute(),
    },
  ])
}

function inboxOf(
  store: TestStore<BillSchema>,
  options: { consumer?: string; strict?: boolean; before?: Handler } = {},
): Inbox {
  return createInbox({
    store,
    consumer: options.consumer ?? 'billing',
    events: [OrderPlaced],
    subscriptions: [
      on(OrderPlaced, async (tx, _context, data) => {
        await store.within(tx).insertInto('bills').values({ order_id: data.orderId, step: data.step }).execute()
        await options.before?.(tx, data)
      }),
    ],
    contextFor: (envelope) => testContext({ tenant: envelope.tenant }),
    log: silentLog,
    strict: options.strict ?? false,
  })
}

async function bills(store: TestStore<BillSchema>): Promise<string[]> {
  const rows = await store.read.selectFrom('bills').selectAll().execute()
  return rows.map((row) => `${row.order_id}${row.step}`)
}

test('an event has its effect once, however often it comes', async (t: TestContext) => {
  await using store = await openBilling()
  const inbox = inboxOf(store)
  for (let time = 0; time < 3; time++) {
    t.assert.deepStrictEqual(await inbox.receive([placed('a', 1)]), [{ status: 'done' }])
  }
  t.assert.deepStrictEqual(await inbox.receive([placed('b', 1), placed('b', 1)]), [
    { status: 'done' },
    { status: 'done' },
  ])
  await Promise.all([inbox.receive([placed('c', 1)]), inbox.receive([placed('c', 1)])])
  t.assert.deepStrictEqual(await bills(store), ['a1', 'b1', 'c1'])
})

test('an event below what was seen of its key is a repetition; gaps are allowed', async (t: TestContext) => {
  await using store = await openBilling()
  const inbox = inboxOf(store)
  await inbox.receive([placed('a', 3)])
  t.assert.deepStrictEqual(await inbox.receive([placed('a', 2)]), [{ status: 'done' }])
  await inbox.receive([placed('a', 7), placed('b', 2)])
  await inbox.receive([placed('a', 1, { source: 'another' })])
  t.assert.deepStrictEqual(await bills(store), ['a3', 'a7', 'b2', 'a1'])
})

test('two services that share a database each take the event', async (t: TestContext) => {
  await using store = await openBilling()
  await inboxOf(store).receive([placed('a', 1)])
  await inboxOf(store, { consumer: 'stock' }).receive([placed('a', 1)])
  t.assert.deepStrictEqual(await bills(store), ['a1', 'a1'])
})

test('a handler that fails leaves nothing, and the event works when it comes again', async (t: TestContext) => {
  await using store = await openBilling()
  let error: Error | null = new AppError('STORE_UNAVAILABLE', 'later')
  const inbox = inboxOf(store, {
    before: async () => {
      if (error !== null) throw error
    },
  })
  t.assert.deepStrictEqual(await inbox.receive([placed('a', 1)]), [{ status: 'retry', reason: 'STORE_UNAVAILABLE' }])
  error = new TypeError('poison')
  t.assert.deepStrictEqual(await inbox.receive([placed('a', 1)]), [{ status: 'failed', reason: 'TypeError: poison' }])
  error = new AppError('SESSION_CLOSED', 'no')
  t.assert.deepStrictEqual(await inbox.receive([placed('a', 1)]), [{ status: 'failed', reason: 'SESSION_CLOSED' }])
  t.assert.deepStrictEqual(await bills(store), [])
  error = null
  t.assert.deepStrictEqual(await inbox.receive([placed('a', 1)]), [{ status: 'done' }])
  t.assert.deepStrictEqual(await bills(store), ['a1'])
})

test('an unknown type and data that does not fit are rejected with the reason', async (t: TestContext) => {
  await using store = await openBilling()
  const inbox = inboxOf(store)
  const [unknown] = await inbox.receive([placed('a', 1, { type: 'order.placed.v2' })])
  t.assert.deepStrictEqual(unknown, { status: 'rejected', reason: 'billing does not handle order.placed.v2' })
  const [invalid] = await inbox.receive([placed('a', 1, { data: { orderId: 'a', step: 'secret' } })])
  t.assert.deepStrictEqual(invalid, { status: 'rejected', reason: 'its step must be integer' })
  t.assert.deepStrictEqual(await bills(store), [])
})

test('a batch keeps the order of each key and stops a key at its first failure', async (t: TestContext) => {
  await using store = await openBilling()
  const inbox = inboxOf(store, {
    before: async (_tx, { orderId, step }) => {
      if (orderId === 'a' && step === 2) throw new Error('no')
    },
  })
  const batch = [placed('a', 1), placed('b', 1), placed('a', 2), placed('a', 3), placed('b', 2)]
  const results = await inbox.receive(batch)
  t.assert.deepStrictEqual(
    results.map(({ status }) => status),
    ['done', 'done', 'failed', 'retry', 'done'],
  )
  t.assert.deepStrictEqual((await bills(store)).toSorted(), ['a1', 'b1', 'b2'])
})

test('events of different keys share a commit', { skip: sqliteOnly }, async (t: TestContext) => {
  await using store = await openBilling()
  const committed: string[][] = []
  const inbox = inboxOf(store, { before: async () => void committed.push(await bills(store)) })
  await inbox.receive([placed('a', 1), placed('b', 1), placed('c', 1)])
  t.assert.deepStrictEqual(committed, [[], [], []])
  t.assert.strictEqual((await bills(store)).length, 3)
})

test('in strict mode a handler gets a frozen copy', async (t: TestContext) => {
  await using store = await openBilling()
  const seen: OrderPlacedData[] = []
  const data = { orderId: 'a', step: 1 }
  await inboxOf(store, { strict: true, before: async (_tx, given) => void seen.push(given) }).receive([
    placed('a', 1, { data }),
  ])
  t.assert.deepStrictEqual(seen, [data])
  t.assert.notStrictEqual(seen[0], data)
  t.assert.ok(Object.isFrozen(seen[0]))
})

test('a subscription to an event that no contract has is refused', async (t: TestContext) => {
  await using store = await openBilling()
  const options = { store, consumer: 'billing', events: [], contextFor: () => testContext(), log: silentLog }
  t.assert.throws(
    () => createInbox({ ...options, subscriptions: [on(OrderPlaced, async () => {})] }),
    /no contract publishes order\.placed\.v1/,
  )
})

test('pruning forgets old events but never the last of a key', async (t: TestContext) => {
  await using store = await openBilling()
  const inbox = inboxOf(store)
  const many = Array.from({ length: 600 }, (_, index) => placed('many', index + 1))
  await inbox.receive([...many, placed('a', 1), placed('b', 1), placed('b', 2)])
  t.assert.strictEqual(await inbox.prune({ olderThanMs: 60_000 }), 0)
  t.assert.strictEqual(await inbox.prune({ olderThanMs: -1 }), 600)
  const rows = await withEventTables(store).read.selectFrom('inbox').select(['aggregateid', 'seq']).execute()
  t.assert.deepStrictEqual(rows.map(({ aggregateid, seq }) => `${aggregateid}${seq}`).toSorted(), [
    'a1',
    'b2',
    'many600',
  ])
  t.assert.deepStrictEqual(await inbox.receive([placed('many', 5)]), [{ status: 'done' }])
  t.assert.strictEqual((await bills(store)).length, 603)
})

test('events that arrive together have one effect each, whatever is wrong with one of them', async (t: TestContext) => {
  await using store = await openBilling()
  const inbox = inboxOf(store, {
    before: async (_tx, { orderId }) => {
      if (orderId === 'b') throw new AppError('STORE_UNAVAILABLE', 'not now')
    },
  })
  const results = await inbox.receive([placed('a', 1), placed('b', 1), placed('c', 1), placed('a', 1)])
  t.assert.deepStrictEqual(
    results.map(({ status }) => status),
    ['done', 'retry', 'done', 'done'],
  )
  t.assert.deepStrictEqual((await bills(store)).toSorted(), ['a1', 'c1'])
  await inbox.receive([placed('d', 1), placed('e', 1)])
  t.assert.deepStrictEqual((await bills(store)).toSorted(), ['a1', 'c1', 'd1', 'e1'])
})
