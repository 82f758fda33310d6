import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { services } from '@parley/all-in-one/services.ts'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import { migrate } from '../commands/migrate.ts'

const postgres = await findPostgres()
const stateful = services.filter(({ migrations }) => migrations !== null).map(({ contract }) => contract.name)

function dataFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-migrate-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function databases(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.db'))
}

test('the databases of all services are brought to the present schema, as often as one likes', async (t: TestContext) => {
  const folder = dataFolder(t)
  const first = await migrate({ PARLEY_DATA: folder }, [])
  t.assert.match(first, /^gateway {2}is at \d{4}-[a-z-]+$/m)
  t.assert.deepStrictEqual(databases(folder).sort(), stateful.map((name) => `${name}.db`).sort())
  t.assert.strictEqual(await migrate({ PARLEY_DATA: folder }, []), first)
})

test('only the services that are named are migrated', async (t: TestContext) => {
  const folder = dataFolder(t)
  t.assert.match(await migrate({ PARLEY_DATA: folder }, ['session']), /^session {2}is at [^\n]+$/)
  t.assert.deepStrictEqual(databases(folder), ['session.db'])
})

test('a service without a database is refused in words', async (t: TestContext) => {
  await t.assert.rejects(migrate({}, ['gpt']), /no service with a database is called gpt: use gateway, session/)
})

test('on PostgreSQL each service gets its schema', {
  skip: 'missing' in postgres && postgres.missing,
}, async (t: TestContext) => {
  await using database = await createTestDatabase()
  const lines = (await migrate({ DATABASE_URL: database.url }, [])).split('\n')
  t.assert.deepStrictEqual(
    lines.map((line) => line.split(' ')[0]),
    stateful,
  )
})
