import { type TestContext, test } from 'node:test'
import type { Migration } from '@parley/chassis/store/migrations.ts'
import { openStore } from '@parley/chassis/store/open-store.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { sql } from 'kysely'
import { openBreakingLink } from './breaking-link.ts'
import { noteIds, prepareNotes } from './notes-store.ts'
import { dieFunction, postgresMissing, withPostgres } from './postgres-notes.ts'

const options = { skip: postgresMissing }

test('services that share a URL cannot read each other’s schema', options, async (t: TestContext) => {
  await withPostgres(async ({ open }) => {
    const session = await open({ service: 'session' })
    const request = await open({ service: 'request' })
    await request.transaction((tx) => prepareNotes(request).put.write(tx, { id: 'a', text: 'secret', rank: 1 }))
    t.assert.deepStrictEqual(await noteIds(request), ['a'])
    t.assert.deepStrictEqual(await noteIds(session), [])
    await t.assert.rejects(
      sql`select * from request.notes`.execute(session.read),
      /permission denied for schema request/,
    )
    const { rows } = await sql<{ name: string }>`select current_user as name`.execute(session.read)
    t.assert.deepStrictEqual(rows, [{ name: 'parley_session' }])
  })
})

test(
  'a role of the service’s own is used as it is, and needs nothing but its schema',
  options,
  async (t: TestContext) => {
    await withPostgres(async ({ open, admin, database }) => {
      const role = `own_${new URL(database.url).pathname.slice(-12)}`
      await admin.query(`create role ${role} login`)
      try {
        const url = new URL(database.url)
        url.username = role
        await t.assert.rejects(open({ url: url.href }), {
          name: 'StoreRefusedError',
          message: /has no schema "notes".*create schema "notes" authorization "own_/,
        })
        await admin.query(`create schema notes authorization ${role}`)
        const store = await open({ url: url.href })
        await store.transaction((tx) => prepareNotes(store).put.write(tx, { id: 'a', text: '', rank: 1 }))
        t.assert.deepStrictEqual(await noteIds(store), ['a'])
        await store[Symbol.asyncDispose]()
      } finally {
        await admin.query(`drop owned by ${role}`)
        await admin.query(`drop role ${role}`)
      }
    })
  },
)

test('a server that acknowledges what it may lose is refused', options, async (t: TestContext) => {
  await withPostgres(async ({ open, admin, database }) => {
    await admin.query(`alter database ${new URL(database.url).pathname.slice(1)} set synchronous_commit = off`)
    await t.assert.rejects(open(), { name: 'StoreRefusedError', message: /synchronous_commit off/ })
  })
})

test('a server that is not there, or refuses the user, is named in words', options, async (t: TestContext) => {
  await withPostgres(async ({ open, database }) => {
    const url = new URL(database.url)
    url.pathname = '/parley_test_absent'
    await t.assert.rejects(open({ url: url.href }), {
      name: 'StoreRefusedError',
      message: /the database of service notes cannot be used: there is no such database/,
    })
  })
})

interface Step {
  steps: { n: number }
}

const first: Migration = {
  name: '0001-initial',
  up: (db) => db.schema.createTable('steps').addColumn('n', 'integer').execute(),
}

test('processes that start at once apply each migration once', options, async (t: TestContext) => {
  await withPostgres(async ({ database }) => {
    let applied = 0
    const counting: Migration = {
      name: '0002-fill',
      async up(db) {
        applied++
        await sql`insert into steps values (2)`.execute(db)
      },
    }
    const open = () =>
      openStore<Step>({ url: database.url, service: 'race', migrations: [first, counting], durability: 'process' })
    const stores = await Promise.all([open(), open(), open(), open()])
    t.assert.strictEqual(applied, 1)
    t.assert.deepStrictEqual(await stores[0]?.read.selectFrom('steps').selectAll().execute(), [{ n: 2 }])
    for (const store of stores) await store[Symbol.asyncDispose]()
  })
})

test('a migration that is cut off half-way leaves the state before it', options, async (t: TestContext) => {
  await withPostgres(async ({ database, admin }) => {
    const open = (migrations: readonly Migration[]) =>
      openStore<Step>({ url: database.url, service: 'cut', migrations, durability: 'process' })
    const dying: Migration = {
      name: '0002-dies',
      async up(db) {
        await sql`insert into steps values (2)`.execute(db)
        await sql`select public.die()`.execute(db)
      },
    }
    await admin.query(dieFunction)
    await t.assert.rejects(open([first, dying]), { name: 'StoreRefusedError' })
    await waitUntil(async () => (await admin.query('select 1 from cut.steps')).rowCount === 0, {
      what: 'an empty table',
    })
    await using store = await open([first])
    t.assert.deepStrictEqual(await store.read.selectFrom('steps').selectAll().execute(), [])
  })
})

test(
  'a connection that breaks while a store opens is made again, wherever it breaks',
  options,
  async (t: TestContext) => {
    await withPostgres(async ({ open, database }) => {
      await using link = await openBreakingLink(database.url)
      for (const bytes of [0, 300, 1_000]) {
        link.breakNext(2, { bytes })
        const store = await open({ url: link.url })
        t.assert.strictEqual(link.left(), 0, `${bytes} bytes`)
        link.breakNext(1, { bytes: 0 })
        const lock = await store.tryLock('a')
        t.assert.notStrictEqual(lock, null, `${bytes} bytes`)
        await lock?.release()
        await store[Symbol.asyncDispose]()
      }
    })
  },
)

test('a schema of a newer program is refused in words', options, async (t: TestContext) => {
  await withPostgres(async ({ database }) => {
    const open = (migrations: readonly Migration[]) =>
      openStore<Step>({ url: database.url, service: 'newer', migrations, durability: 'process' })
    await (await open([first, { ...first, name: '0007-future', up: async () => {} }]))[Symbol.asyncDispose]()
    await t.assert.rejects(open([first]), { name: 'NewerSchemaError', message: /written by a newer Parley/ })
  })
})
