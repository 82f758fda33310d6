import { type TestContext, test } from 'node:test'
import { createInbox } from '@parley/chassis/events/inbox.ts'
import { eventMigrations } from '@parley/chassis/events/migrations.ts'
import { on } from '@parley/chassis/events/subscription.ts'
import { openStore } from '@parley/chassis/store/open-store.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import { OrderPlaced, placedEnvelope, silentLog } from './order-events.ts'

interface Bills {
  bills: { order_id: string; step: number }
}

const found = await findPostgres()
const skip = 'missing' in found ? found.missing : false

test('two processes that get the same events at once give each one effect', { skip }, async (t: TestContext) => {
  await using database = await createTestDatabase()
  await using one = await openBills(database.url)
  await using other = await openBills(database.url)
  const events = Array.from({ length: 5 }, (_, step) =>
    ['a', 'b', 'c'].map((key) => placedEnvelope(key, step + 1)),
  ).flat()
  const results = await Promise.all([one, other, one, other].map((store) => inboxOf(store).receive(events)))
  t.assert.deepStrictEqual(
    results.flat().filter(({ status }) => status !== 'done'),
    [],
  )
  const rows = await one.read.selectFrom('bills').selectAll().orderBy('order_id').orderBy('step').execute()
  const expected = ['a', 'b', 'c'].flatMap((key) => [1, 2, 3, 4, 5].map((step) => ({ order_id: key, step })))
  t.assert.deepStrictEqual(rows, expected)
})

test('taking an event in costs one round trip', { skip }, async (t: TestContext) => {
  await using database = await createTestDatabase()
  await using store = await openBills(database.url)
  const inbox = inboxOf(store)
  const before = store.roundTrips
  t.assert.deepStrictEqual(await inbox.receive([placedEnvelope('a', 1)]), [{ status: 'done' }])
  t.assert.strictEqual(store.roundTrips - before, 1)
})

function openBills(url: string) {
  const bills = {
    name: '0001-initial',
    up: (db: Parameters<(typeof eventMigrations)[number]['up']>[0]) =>
      db.schema.createTable('bills').addColumn('order_id', 'text').addColumn('step', 'integer').execute(),
  } satisfies (typeof eventMigrations)[number]
  return openStore<Bills>({ url, service: 'billing', migrations: [...eventMigrations, bills], durability: 'process' })
}

function inboxOf(store: Awaited<ReturnType<typeof openBills>>) {
  const insert = store.prepare<never, { orderId: string; step: number }>((db, p) =>
    db.insertInto('bills').values({ order_id: p.orderId, step: p.step }),
  )
  return createInbox({
    store,
    consumer: 'billing',
    events: [OrderPlaced],
    subscriptions: [on(OrderPlaced, (tx, _context, { orderId, step }) => insert.write(tx, { orderId, step }))],
    contextFor: () => testContext(),
    log: silentLog,
  })
}
