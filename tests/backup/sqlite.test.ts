import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { runBackUp, runRestore } from '../../packages/cli/commands/backup.ts'
import { migrate } from '../../packages/cli/commands/migrate.ts'
import { BackedUpParley, told } from './backed-up-parley.ts'
import { Conversing, readAnswer, takeTurn } from './conversations.ts'

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a backup taken under load is restored elsewhere, and everything agrees', async (t: TestContext) => {
  const folder = await newFolder(t)
  const [saved, moved] = [join(folder, 'saved'), { PARLEY_DATA: join(folder, 'restored') }]
  await using running = await BackedUpParley.start({ cwd: folder, env: { PARLEY_DATA: join(folder, 'data') } })
  const before = await takeTurn(running, 'my name is Ada.')
  const load = new Conversing(running, 4)
  await waitUntil(() => load.turns >= 8, { timeoutMs: 30_000, pollMs: 10 })
  const taken = await running.backUp(saved)
  t.assert.equal(taken.code, 0, taken.text)
  const turnsThen = load.turns
  await waitUntil(() => load.turns >= turnsThen + 8, { timeoutMs: 30_000, pollMs: 10 })
  await load.stop()
  t.assert.deepEqual(load.failures, [], 'nobody notices that a backup is taken')
  await running.untilReconciled()
  const refused = await running.restore(saved)
  t.assert.equal(refused.code, 1)
  t.assert.match(refused.text, /is in use: stop Parley first/)

  const restored = await told(() => runRestore(moved, folder, { folder: saved, replace: false }))
  t.assert.equal(restored.code, 0, restored.text)
  await using later = await BackedUpParley.start({ cwd: folder, env: moved })
  await later.untilReconciled()
  t.assert.equal(await readAnswer(later, before.response), before.text)
  const asked = await takeTurn(later, 'what is my name?', before.conversation)
  t.assert.equal(asked.text, 'Simulated answer: your name is Ada.')
  t.diagnostic(`${turnsThen} turns before the backup, ${load.turns} in all`)

  await later.program.stop()
  const ledger = new DatabaseSync(join(folder, 'restored', 'request.db'))
  ledger.exec('delete from ledger')
  ledger.close()
  await using broken = await BackedUpParley.start({ cwd: folder, env: { ...moved, REQUEST_STUCK_AFTER_MS: '3600000' } })
  t.assert.equal((await broken.reconcile()).code, 1, 'what is missing would have been seen')
})

test('a backup that is not whole, or not as it was written, is not restored', async (t: TestContext) => {
  const folder = await newFolder(t)
  const saved = join(folder, 'saved')
  const env = { PARLEY_DATA: join(folder, 'data') }
  const backUp = () => told(() => runBackUp(env, folder, saved))
  const restore = (replace: boolean) => told(() => runRestore(env, folder, { folder: saved, replace }))
  t.assert.match((await backUp()).text, /there is no database/)
  await migrate(env, [])
  t.assert.equal((await backUp()).code, 0)
  t.assert.deepEqual((await readdir(saved)).toSorted(), [
    'backup.json',
    'gateway.db',
    'request.db',
    'response.db',
    'session.db',
  ])
  t.assert.match((await backUp()).text, /is not empty: name a new folder/)
  t.assert.match((await restore(false)).text, /would be replaced: say --replace/)
  t.assert.equal((await restore(true)).code, 0)
  await appendFile(join(saved, 'session.db'), 'x')
  t.assert.match((await restore(true)).text, /session\.db of the backup is not as it was written/)
  await rm(join(saved, 'backup.json'))
  t.assert.match((await restore(true)).text, /is not a whole backup/)
})

test('data in PostgreSQL is left to its own tools', async (t: TestContext) => {
  const folder = await newFolder(t)
  const env = { SESSION_DATABASE_URL: 'postgres://user@127.0.0.1/parley' }
  const { code, text } = await told(() => runBackUp(env, folder, join(folder, 'saved')))
  t.assert.equal(code, 1)
  t.assert.match(text, /session keep their data in PostgreSQL/)
})
