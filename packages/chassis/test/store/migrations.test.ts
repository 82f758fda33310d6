import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Migration } from '@parley/chassis/store/migrations.ts'
import { assertSqliteVersion, openStore } from '@parley/chassis/store/open-store.ts'
import { sql } from 'kysely'

interface Step {
  steps: { n: number }
}

const first: Migration = {
  name: '0001-initial',
  up: (db) => db.schema.createTable('steps').addColumn('n', 'integer').execute(),
}
const second: Migration = {
  name: '0002-fill',
  up: async (db) => {
    await sql`insert into steps values (2)`.execute(db)
  },
}

async function withFolder(work: (url: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-migrations-'))
  try {
    await work(`sqlite:${join(folder, 'data')}`, join(folder, 'data'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function open(url: string, migrations: readonly Migration[]) {
  return openStore<Step>({ url, service: 'session', migrations, durability: 'process' })
}

test('missing migrations are applied once, in order', async (t: TestContext) => {
  await withFolder(async (url) => {
    await (await open(url, [first]))[Symbol.asyncDispose]()
    await using again = await open(url, [first, second])
    await using thrice = await open(url, [first, second])
    t.assert.strictEqual((await again.read.selectFrom('steps').selectAll().execute()).length, 1)
    t.assert.strictEqual((await thrice.read.selectFrom('steps').selectAll().execute()).length, 1)
  })
})

test('a database of a newer program is refused in words and left alone', async (t: TestContext) => {
  await withFolder(async (url) => {
    await (await open(url, [first, { ...second, name: '0007-from-the-future' }]))[Symbol.asyncDispose]()
    await t.assert.rejects(open(url, [first]), {
      name: 'NewerSchemaError',
      message:
        'the database of service session was written by a newer Parley (migration 0007-from-the-future); ' +
        'start that version or restore a backup',
    })
    await using current = await open(url, [first, { ...second, name: '0007-from-the-future' }])
    t.assert.strictEqual((await current.read.selectFrom('steps').selectAll().execute()).length, 1)
  })
})

test('a migration that fails leaves the state before it', async (t: TestContext) => {
  await withFolder(async (url) => {
    const broken: Migration = {
      name: '0002-fill',
      up: async (db) => {
        await second.up(db, 'sqlite')
        throw new Error('half-way')
      },
    }
    await t.assert.rejects(open(url, [first, broken]), { message: 'half-way' })
    await using store = await open(url, [first])
    t.assert.deepStrictEqual(await store.read.selectFrom('steps').selectAll().execute(), [])
  })
})

test('a list out of order is refused', async (t: TestContext) => {
  await withFolder(async (url) => {
    await t.assert.rejects(open(url, [second, first]), /out of order: 0002-fill stands before 0001-initial/)
  })
})

test('processes that start at once migrate once', async (t: TestContext) => {
  await withFolder(async (url) => {
    const program = fileURLToPath(new URL('./programs/migrate.ts', import.meta.url))
    const processes = [1, 2, 3].map(() =>
      spawn(process.execPath, [program, url], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 }),
    )
    const errors = await Promise.all(processes.map(({ stderr }) => stderr.setEncoding('utf8').toArray()))
    t.assert.deepStrictEqual(errors.flat(), [])
    for (const child of processes) if (child.exitCode === null) await once(child, 'exit')
    t.assert.deepStrictEqual(
      processes.map(({ exitCode }) => exitCode),
      [0, 0, 0],
    )
    await using store = await openStore<Step>({ url, service: 'race', migrations: manySteps(), durability: 'process' })
    const rows = await store.read.selectFrom('steps').select('n').orderBy('n').execute()
    t.assert.deepStrictEqual(
      rows.map(({ n }) => n),
      [2, 3, 4, 5, 6],
    )
  })
})

function manySteps(): Migration[] {
  const steps = [2, 3, 4, 5, 6].map((n) => ({
    name: `000${n}-step`,
    up: async () => {},
  }))
  return [first, ...steps]
}

test('the folder belongs to its owner alone', async (t: TestContext) => {
  await withFolder(async (url, folder) => {
    await using _store = await open(url, [first])
    t.assert.strictEqual((await stat(folder)).mode & 0o777, 0o700)
    t.assert.ok((await stat(join(folder, 'session.db'))).size > 0)
  })
})

test('URLs that are not understood are refused in words', async (t: TestContext) => {
  await t.assert.rejects(open('mysql://db', [first]), /must be sqlite:<folder> or postgres:/)
  await t.assert.rejects(open('sqlite:', [first]), /must be sqlite:<folder>/)
  await t.assert.rejects(open('sqlite:/dev/null/data', [first]), /cannot be made/)
})

test('a SQLite that can damage files is refused', (t: TestContext) => {
  t.assert.throws(() => assertSqliteVersion('3.51.2'), /3\.51\.3 or newer is needed/)
  t.assert.throws(() => assertSqliteVersion('3.40.1'), /is needed/)
  t.assert.doesNotThrow(() => assertSqliteVersion('3.51.3'))
  t.assert.doesNotThrow(() => assertSqliteVersion('4.0.0'))
})
