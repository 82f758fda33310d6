import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Client } from 'pg'
import { type RunningPostgres, startPostgres } from '../../scripts/services/postgres.ts'
import { apiKey, ConfiguredProgram } from './configured-program.ts'
import { MountedFolder } from './mounted-folder.ts'
import { SteadyLoad } from './steady-load.ts'

const user = 'parley_app'

/** A server that asks this user for a password, and whom it lets make roles and schemas. */
async function startGuarded(t: TestContext, password: string): Promise<RunningPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-guarded-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  // The server may run as another user.
  await chmod(folder, 0o755)
  const server = await startPostgres({ dataDir: join(folder, 'data'), port: 0 })
  t.after(() => server.stop())
  const rules = join(folder, 'data', 'pg_hba.conf')
  await writeFile(rules, `host all ${user} 127.0.0.1/32 scram-sha-256\n${await readFile(rules, 'utf8')}`)
  await asAdministrator(
    server,
    `create role ${user} login createrole password '${password}'`,
    `grant create on database postgres to ${user}`,
    'select pg_reload_conf()',
  )
  return server
}

async function asAdministrator({ url }: RunningPostgres, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

test("the database's password is replaced under load without a failed call", async (t: TestContext) => {
  let server: RunningPostgres
  try {
    server = await startGuarded(t, 'old-password')
  } catch (error) {
    return t.skip(`no PostgreSQL can be started: ${error instanceof Error ? error.message : error}`)
  }
  const filesFor = (password: string, database = 'postgres') => {
    const url = new URL(server.url)
    Object.assign(url, { username: user, password, pathname: `/${database}` })
    return { url: url.href }
  }
  await using folder = await MountedFolder.create(filesFor('old-password'))
  await using running = await ConfiguredProgram.start({
    cwd: folder.path,
    env: { DATABASE_URL_FILE: folder.file('url'), LOG_LEVEL: 'warn' },
  })
  const load = new SteadyLoad({ url: running.url, key: apiKey, model: 'simulated', clients: 4 })
  await load.more(30)
  await asAdministrator(server, `alter role ${user} password 'new-password'`)
  await load.more(15)
  await folder.replace(filesFor('new-password'))
  await running.untilGeneration(2)
  await load.more(15)
  await load.stop()
  t.assert.deepEqual(load.failures, [])

  // The pool has to make every connection again, now that the old password opens nothing.
  await asAdministrator(server, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`)
  const later = new SteadyLoad({ url: running.url, key: apiKey, model: 'simulated', clients: 2 })
  await later.more(20)
  await later.stop()
  const lost = later.failures.filter((failure) => !/store_unavailable|outcome_unknown/.test(failure))
  t.assert.deepEqual(lost, [], 'only calls whose connection was cut may fail')
  const last = new SteadyLoad({ url: running.url, key: apiKey, model: 'simulated', clients: 2 })
  await last.more(10)
  await last.stop()
  t.assert.deepEqual(last.failures, [])

  await folder.replace(filesFor('new-password', 'elsewhere'))
  await running.untilLogged(/needs a restart: DATABASE_URL/)
  t.assert.doesNotMatch(running.program.standardError, /old-password|new-password/)
})
