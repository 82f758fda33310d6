import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createInternalAuth } from '@parley/chassis/contract/internal-auth.ts'
import { createRemoteClient } from '@parley/chassis/contract/remote-client.ts'
import { parseServiceAddress } from '@parley/chassis/discovery/service-address.ts'
import { RemoteServices } from '@parley/chassis/runtime/remote-services.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import { pino } from 'pino'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'

const found = await findPostgres()
const skip = 'missing' in found ? found.missing : false
const readyMs = 60_000
const workers = 8
/** Calls before and after the one process dies. */
const callsPerPhase = 200

test('one of two session processes is killed under load: no call fails', { skip }, async (t: TestContext) => {
  const database = await createTestDatabase()
  t.after(() => database[Symbol.asyncDispose]())
  const folder = await mkdtemp(join(tmpdir(), 'parley-replicas-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const secret = `${randomUUID()}${randomUUID()}`
  const first = await findFreePorts(2)
  const programs = [first, first + 1].map((port) => startSession(port, { folder, secret, databaseUrl: database.url }))
  t.after(() => Promise.all(programs.map((program) => program.stop())))
  const { remote, client } = callSessions([first, first + 1], secret)
  t.after(() => remote[Symbol.asyncDispose]())
  const set = remote.find('session')
  const usable = () => set?.shown.filter(({ state }) => state === 'usable').length
  await waitUntil(() => usable() === 2, { timeoutMs: readyMs, pollMs: 20, what: 'two processes' }).catch((error) => {
    throw new Error(
      `${error}: ${JSON.stringify(set?.shown)} ${programs.map(({ standardError }) => standardError).join()}`,
    )
  })

  let done = 0
  let isOver = false
  const failures: unknown[] = []
  const work = Array.from({ length: workers }, async () => {
    while (!isOver) {
      const userId = randomUUID()
      try {
        await client.putUser(testContext({ deadlineMs: 30_000 }), { userId, profile: {}, preferences: {} })
        await client.getUser(testContext({ deadlineMs: 30_000 }), { userId })
      } catch (error) {
        failures.push(error)
      }
      done += 1
    }
  })
  await waitUntil(() => done >= callsPerPhase, { timeoutMs: readyMs, what: 'calls before' })
  programs[0]?.killGroup()
  const from = done
  await waitUntil(() => done >= from + callsPerPhase, { timeoutMs: readyMs, what: 'calls after' })
  isOver = true
  await Promise.all(work)
  t.assert.deepEqual(failures, [])
  t.assert.deepEqual(
    set?.shown.map(({ state }) => state),
    ['ejected', 'usable'],
  )
  t.diagnostic(`${done} pairs of calls, ${set?.ejections} ejections`)
})

function startSession(port: number, options: { folder: string; secret: string; databaseUrl: string }): SpawnedProgram {
  return new SpawnedProgram({
    main: 'services/session/main.ts',
    cwd: options.folder,
    env: {
      INTERNAL_PORT: String(port),
      PARLEY_INTERNAL_SECRET: options.secret,
      DATABASE_URL: options.databaseUrl,
      // Nothing of this test concerns it.
      REQUEST_SERVICE_URL: 'http://127.0.0.1:1',
      LOG_LEVEL: 'warn',
    },
  })
}

function callSessions(ports: readonly number[], secret: string) {
  const address = parseServiceAddress(ports.map((port) => `http://127.0.0.1:${port}`).join())
  if (!('value' in address)) throw new Error(address.problem)
  const auth = createInternalAuth(secret)
  const remote = new RemoteServices({
    placements: [{ service: 'session', placement: 'remote', address: address.value }],
    contracts: [SessionContract],
    auth: () => auth,
    discovery: { dnsServers: [], dnsSearch: [], consulToken: null },
    log: pino({ level: 'silent' }),
  })
  remote.start()
  const callee = remote.find('session')
  if (callee === undefined) throw new Error('session is not called')
  return { remote, client: createRemoteClient({ contract: SessionContract, caller: 'tester', callee, auth }) }
}
