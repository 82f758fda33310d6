import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { waitUntil } from '@parley/testkit/latch.ts'
import { Client } from 'pg'
import { startPostgres } from '../../scripts/services/postgres.ts'
import { debianPrograms } from '../../scripts/services/postgres-programs.ts'
import { BackedUpParley } from './backed-up-parley.ts'
import { Conversing, readAnswer, takeTurn } from './conversations.ts'

const execute = promisify(execFile)

test('pg_dump under load and pg_restore into a new database: everything agrees', async (t: TestContext) => {
  const programs = debianPrograms()
  if (programs === null) return t.skip('there is no pg_dump beside a server: install the package postgresql')
  const tools = dirname(programs.postgres)
  const folder = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  // The server may run as another user.
  await chmod(folder, 0o755)
  t.after(() => rm(folder, { recursive: true, force: true }))
  const server = await startPostgres({ dataDir: join(folder, 'server'), port: 0, programs })
  t.after(() => server.stop())
  const databaseUrl = (name: string) => Object.assign(new URL(server.url), { pathname: `/${name}` }).href
  const administrator = new Client({ connectionString: server.url })
  await administrator.connect()
  await administrator.query('create database parley')
  await administrator.query('create database restored')
  await administrator.end()

  await using running = await BackedUpParley.start({ cwd: folder, env: { DATABASE_URL: databaseUrl('parley') } })
  const before = await takeTurn(running, 'my name is Ada.')
  const load = new Conversing(running, 4)
  await waitUntil(() => load.turns >= 8, { timeoutMs: 60_000, pollMs: 10 })
  const dump = join(folder, 'parley.dump')
  await execute(join(tools, 'pg_dump'), ['--format=custom', `--file=${dump}`, databaseUrl('parley')])
  const turnsThen = load.turns
  await waitUntil(() => load.turns >= turnsThen + 8, { timeoutMs: 60_000, pollMs: 10 })
  await load.stop()
  t.assert.deepEqual(load.failures, [], 'nobody notices that a backup is taken')
  await running.program.stop()

  await execute(join(tools, 'pg_restore'), ['--exit-on-error', `--dbname=${databaseUrl('restored')}`, dump])
  await using later = await BackedUpParley.start({ cwd: folder, env: { DATABASE_URL: databaseUrl('restored') } })
  await later.untilReconciled()
  t.assert.equal(await readAnswer(later, before.response), before.text)
  const asked = await takeTurn(later, 'what is my name?', before.conversation)
  t.assert.equal(asked.text, 'Simulated answer: your name is Ada.')
  t.diagnostic(`${turnsThen} turns before the dump, ${load.turns} in all`)
})
