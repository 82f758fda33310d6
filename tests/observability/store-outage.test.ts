import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { dashboards } from '../../scripts/dashboards/all.ts'
import { startPostgres } from '../../scripts/services/postgres.ts'
import { findPostgresPrograms } from '../../scripts/services/postgres-programs.ts'
import { createClientSide } from '../harness/client-side.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'
import { presetKey } from '../harness/start-system.ts'
import { prometheusSkip, startPrometheus } from './prometheus.ts'

const minuteMs = 60_000
const postgresSkip = await findPostgresPrograms().then(
  () => false as const,
  (error: Error) => error.message,
)

test('a database that is gone is told by /readyz and by an alert, until it is back', {
  skip: prometheusSkip === false ? postgresSkip : prometheusSkip,
}, async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-outage-'))
  // A server that root starts runs as another user, who must get to its data.
  await chmod(folder, 0o755)
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [databasePort, port] = [await findFreePorts(1), await findFreePorts(1)]
  const dataDir = join(folder, 'postgres')
  let postgres = await startPostgres({ dataDir, port: databasePort })
  t.after(() => postgres.stop())
  await using program = new SpawnedProgram({
    main: 'apps/all-in-one/main.ts',
    cwd: folder,
    env: { PORT: String(port), DATABASE_URL: postgres.url, PARLEY_API_KEY: presetKey, LOG_LEVEL: 'warn' },
  })
  const url = `http://127.0.0.1:${port}`
  await program.untilReady(url)
  await using prometheus = await startPrometheus([`127.0.0.1:${port}`])
  const client = createClientSide({ url, key: presetKey }).client()
  await client.chat.completions.create({ model: 'simulated', messages: [{ role: 'user', content: 'hello' }] })
  await prometheus.untilScraped()

  const panels = dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels))
  for (const { expr } of panels.flatMap(({ queries }) => queries).filter(({ needs }) => needs === 'postgres')) {
    const samples = await prometheus.query(expr.replaceAll('$service', 'request'))
    t.assert.ok(samples.length > 0, expr)
  }

  const readiness = async () => {
    const answer = await fetch(`${url}/readyz`)
    return `${answer.status} ${await answer.text()}`
  }
  await postgres.stop()
  const told = async () => /^503 .*the store of request cannot be used/.test(await readiness())
  await waitUntil(told, { timeoutMs: minuteMs, pollMs: 100, what: 'a /readyz that names the store' })
  t.assert.doesNotMatch(await readiness(), /store of gateway/, 'known keys are let in without their database')
  t.assert.ok((await fetch(`${url}/livez`)).ok, 'a process is not restarted for want of its database')
  const fires = async () =>
    (await prometheus.alerts()).some(({ name, state }) => name === 'ParleyStoreUnavailable' && state === 'firing')
  await waitUntil(fires, { timeoutMs: minuteMs, pollMs: 200, what: 'ParleyStoreUnavailable' })

  postgres = await startPostgres({ dataDir, port: databasePort })
  await waitUntil(async () => (await readiness()).startsWith('200'), {
    timeoutMs: minuteMs,
    pollMs: 100,
    what: 'ready again',
  })
  await waitUntil(async () => !(await fires()), { timeoutMs: minuteMs, pollMs: 200, what: 'the end of the alert' })
})
