import { type TestContext, test } from 'node:test'
import { isUniqueViolation } from '@parley/chassis/store/store-errors.ts'
import { sqliteOnly } from '@parley/testkit/store.ts'
import { sql } from 'kysely'
import { noteIds, openNotes, prepareNotes } from './notes-store.ts'

test('parameters are bound where they stand, beside constants', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  await store.transaction(async (tx) => {
    for (const rank of [1, 2, 3, 4]) await put.run(tx, { id: `n${rank}`, text: rank > 2 ? 'high' : 'low', rank })
  })
  const between = store.prepare<{ id: string; twice: number }, { min: number; max: number; count: number }>((db, p) =>
    db
      .selectFrom('notes')
      .select(['id', sql<number>`rank * ${2}`.as('twice')])
      .where('rank', '>=', p.min)
      .where('text', '=', 'high')
      .where('rank', '<=', p.max)
      .orderBy('rank')
      .limit(p.count),
  )
  const rows = await between.all(null, { min: 2, max: 4, count: 1 })
  t.assert.deepStrictEqual(
    rows.map((row) => ({ ...row })),
    [{ id: 'n3', twice: 6 }],
  )
  t.assert.strictEqual((await between.first(null, { min: 4, max: 4, count: 9 }))?.id, 'n4')
  t.assert.strictEqual(await between.first(null, { min: 9, max: 9, count: 9 }), undefined)
})

test('one parameter may stand in several places', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  await store.transaction((tx) => put.run(tx, { id: 'same', text: 'same', rank: 1 }))
  const same = store.prepare<{ id: string }, { value: string }>((db, p) =>
    db.selectFrom('notes').select('id').where('id', '=', p.value).where('text', '=', p.value),
  )
  t.assert.strictEqual((await same.first(null, { value: 'same' }))?.id, 'same')
})

test('a missing value is an error that names it', async (t: TestContext) => {
  await using store = await openNotes()
  const { find } = prepareNotes(store)
  await t.assert.rejects(find.first(null, {} as { id: string }), /without a value for 'id'/)
})

test('run resolves to the number of rows changed', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  const raise = store.prepare<never, { by: number }>((db, p) =>
    db.updateTable('notes').set({ rank: sql<number>`rank + ${p.by}` }),
  )
  await store.transaction(async (tx) => {
    for (const id of ['a', 'b']) await put.run(tx, { id, text: '', rank: 1 })
    t.assert.strictEqual(await raise.run(tx, { by: 5 }), 2)
  })
})

test('a statement may return rows of what it wrote', async (t: TestContext) => {
  await using store = await openNotes()
  const insert = store.prepare<{ rank: number }, { id: string }>((db, p) =>
    db.insertInto('notes').values({ id: p.id, text: '', rank: 7 }).returning('rank'),
  )
  t.assert.strictEqual((await store.transaction((tx) => insert.first(tx, { id: 'a' })))?.rank, 7)
})

test('writing without a transaction is refused', async (t: TestContext) => {
  await using store = await openNotes()
  const insert = store.prepare<{ rank: number }, { id: string }>((db, p) =>
    db.insertInto('notes').values({ id: p.id, text: '', rank: 7 }).returning('rank'),
  )
  await t.assert.rejects(insert.first(null, { id: 'a' }), /writes needs a transaction/)
  await t.assert.rejects(
    store.read.insertInto('notes').values({ id: 'a', text: '', rank: 1 }).execute(),
    /writes needs a transaction/,
  )
  await t.assert.rejects(sql`delete from notes`.execute(store.read), /writes needs a transaction/)
  await t.assert.rejects(
    store.read.transaction().execute(async () => 1),
    /begun with the store's own/,
  )
  t.assert.deepStrictEqual(await noteIds(store), [])
})

test('a repeated key is recognised, and the unit may go on', { skip: sqliteOnly }, async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  await store.transaction(async (tx) => {
    await put.run(tx, { id: 'a', text: '', rank: 1 })
    const error = await put.run(tx, { id: 'a', text: '', rank: 1 }).catch((caught: unknown) => caught)
    t.assert.strictEqual(isUniqueViolation(error), true)
    await put.run(tx, { id: 'b', text: '', rank: 2 })
  })
  t.assert.deepStrictEqual(await noteIds(store), ['a', 'b'])
  t.assert.strictEqual(isUniqueViolation(new Error('another')), false)
})

test('the time of the database is in milliseconds', async (t: TestContext) => {
  await using store = await openNotes()
  const before = Date.now()
  const { rows } = await sql<{ now: number }>`select ${store.nowMs} as now`.execute(store.read)
  const now = rows[0]?.now ?? 0
  t.assert.ok(now >= before - 1 && now <= Date.now() + 1, `${now} is now`)
  t.assert.ok(Number.isInteger(now))
})
