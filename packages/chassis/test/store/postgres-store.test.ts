import { type TestContext, test } from 'node:test'
import { runWithDeadline } from '@parley/chassis/store/deadline-scope.ts'
import { isUniqueViolation } from '@parley/chassis/store/store-errors.ts'
import { createLatch } from '@parley/testkit/latch.ts'
import { sql } from 'kysely'
import { noteIds, prepareNotes } from './notes-store.ts'
import { dieFunction, postgresMissing, withPostgres } from './postgres-notes.ts'

const options = { skip: postgresMissing }

test('a unit whose results nobody needs takes one round trip, commit included', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open()
    const { put } = prepareNotes(store)
    const before = store.roundTrips
    await store.transaction(async (tx) => {
      await put.write(tx, { id: 'a', text: '', rank: 1 })
      await put.write(tx, { id: 'b', text: '', rank: 2 })
    })
    t.assert.strictEqual(store.roundTrips - before, 1)
    t.assert.deepStrictEqual(await noteIds(store), ['a', 'b'])
  })
})

test('a unit waits for the server once per result that it needs', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open()
    const { put, find } = prepareNotes(store)
    const before = store.roundTrips
    const found = await store.transaction(async (tx) => {
      await put.write(tx, { id: 'a', text: 'one', rank: 1 })
      const [row, count] = await Promise.all([find.first(tx, { id: 'a' }), put.run(tx, { id: 'b', text: '', rank: 2 })])
      return { row, count }
    })
    t.assert.deepStrictEqual(found, { row: { text: 'one', rank: 1 }, count: 1 })
    t.assert.strictEqual(store.roundTrips - before, 2)
  })
})

test('a unit that fails leaves nothing, wherever its error came from', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open()
    const { put } = prepareNotes(store)
    const note = { id: 'a', text: '', rank: 1 }
    const failure = store.transaction(async (tx) => {
      await put.run(tx, note)
      throw new Error('changed my mind')
    })
    await t.assert.rejects(failure, /changed my mind/)
    const twice = store.transaction(async (tx) => {
      await put.write(tx, note)
      await put.write(tx, note)
    })
    await t.assert.rejects(twice, isUniqueViolation)
    let ran = false
    const swallowed = store.transaction(async (tx) => {
      tx.afterCommit(() => {
        ran = true
      })
      await put.run(tx, note)
      await put.run(tx, note).catch(() => {})
    })
    await t.assert.rejects(swallowed, isUniqueViolation)
    t.assert.strictEqual(ran, false)
    t.assert.deepStrictEqual(await noteIds(store), [])
  })
})

test('a unit that must change a row fails with its own refusal when it does not', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open()
    const { put } = prepareNotes(store)
    const rename = store.prepare<never, { id: string }>((db, p) =>
      db.updateTable('notes').set({ text: 'new' }).where('id', '=', p.id),
    )
    const work = (id: string) =>
      store.transaction(async (tx) => {
        await rename.require(tx, { id }, () => new Error(`no note ${id}`))
        await put.write(tx, { id: `after ${id}`, text: '', rank: 2 })
      })
    await store.transaction((tx) => put.write(tx, { id: 'a', text: 'old', rank: 1 }))
    await t.assert.rejects(work('b'), /no note b/)
    const before = store.roundTrips
    await work('a')
    t.assert.strictEqual(store.roundTrips - before, 1)
    t.assert.deepStrictEqual(await noteIds(store), ['a', 'after a'])
  })
})

test('text with NUL is refused as the mistake of whoever sent it', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open()
    const { put } = prepareNotes(store)
    const nul = { id: 'a\u0000b', text: '', rank: 1 }
    await t.assert.rejects(
      store.transaction((tx) => put.write(tx, nul)),
      { code: 'INVALID_REQUEST', status: 400 },
    )
    const { find } = prepareNotes(store)
    await t.assert.rejects(find.first(null, { id: nul.id }), { code: 'INVALID_REQUEST' })
  })
})

test(
  'a connection that breaks before the commit loses the unit, and the store goes on',
  options,
  async (t: TestContext) => {
    await withPostgres(async ({ open, admin }) => {
      await admin.query(dieFunction)
      const store = await open({ connectionsMax: 1 })
      const { put } = prepareNotes(store)
      const broken = store.transaction(async (tx) => {
        await put.run(tx, { id: 'a', text: '', rank: 1 })
        await sql`select public.die()`.execute(store.within(tx))
      })
      await t.assert.rejects(broken, { code: 'STORE_UNAVAILABLE', retryable: true })
      await store.transaction((tx) => put.write(tx, { id: 'b', text: '', rank: 1 }))
      t.assert.deepStrictEqual(await noteIds(store), ['b'])
    })
  },
)

test('a connection that breaks during the commit leaves the outcome unknown', options, async (t: TestContext) => {
  await withPostgres(async ({ open, admin }) => {
    const store = await open()
    await admin.query(`
      create function notes.die() returns trigger language plpgsql security definer as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger dies after insert on notes.notes deferrable initially deferred
        for each row when (new.text = 'die') execute function notes.die()`)
    const { put } = prepareNotes(store)
    const dying = { id: 'a', text: 'die', rank: 1 }
    await t.assert.rejects(
      store.transaction((tx) => put.write(tx, dying)),
      { code: 'OUTCOME_UNKNOWN' },
    )
    const inTwoTrips = store.transaction(async (tx) => void (await put.run(tx, dying)))
    await t.assert.rejects(inTwoTrips, { code: 'OUTCOME_UNKNOWN', kind: 'unknown-outcome' })
  })
})

test('a wait for a lock ends with the time that is left to the call', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open()
    const { put } = prepareNotes(store)
    await store.transaction((tx) => put.write(tx, { id: 'a', text: '', rank: 1 }))
    const rename = store.prepare<never, { text: string }>((db, p) => db.updateTable('notes').set({ text: p.text }))
    const locked = createLatch()
    const release = createLatch()
    const holder = store.transaction(async (tx) => {
      await rename.run(tx, { text: 'first' })
      locked.open()
      await release.wait()
    })
    await locked.wait()
    const waiting = runWithDeadline({ remainingMs: () => 100 }, () =>
      store.transaction((tx) => rename.write(tx, { text: 'second' })),
    )
    await t.assert.rejects(waiting, { code: 'STORE_UNAVAILABLE' })
    release.open()
    await holder
  })
})

test('more units than may wait are refused as overload', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const store = await open({ connectionsMax: 1, limits: { queueMax: 1 } })
    const { put, find } = prepareNotes(store)
    const started = createLatch()
    const release = createLatch()
    const holder = store.transaction(async (tx) => {
      await put.run(tx, { id: 'a', text: '', rank: 1 })
      started.open()
      await release.wait()
    })
    await started.wait()
    const waiting = find.first(null, { id: 'a' })
    await t.assert.rejects(find.first(null, { id: 'a' }), { code: 'OVERLOADED' })
    release.open()
    await holder
    t.assert.deepStrictEqual(await waiting, { text: '', rank: 1 })
  })
})

test('a lock is held against others until it is released or its connection ends', options, async (t: TestContext) => {
  await withPostgres(async ({ open, admin }) => {
    const [one, other] = [await open(), await open()]
    const lock = await one.tryLock('relay')
    t.assert.notStrictEqual(lock, null)
    t.assert.strictEqual(await other.tryLock('relay'), null)
    t.assert.strictEqual(await one.tryLock('relay'), null, 'nor twice in one process')
    await (await other.tryLock('another'))?.release()
    await admin.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())`)
    await lock?.lost
    const next = await other.tryLock('relay')
    t.assert.notStrictEqual(next, null)
    await next?.release()
    const last = await one.tryLock('relay')
    t.assert.notStrictEqual(last, null)
    await last?.release()
  })
})
