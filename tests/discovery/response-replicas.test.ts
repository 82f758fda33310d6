import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'
import { startSystem } from '../harness/start-system.ts'
import { serviceNames } from '../harness/system.ts'
import type { Place } from '../harness/topologies.ts'

const found = await findPostgres()
const skip = 'missing' in found ? found.missing : false
const chats = 40
const messages = [{ role: 'user' as const, content: 'hello' }]

/** Two processes that run responses, which nobody has told their addresses, and one for everything else. */
const placeTwoResponses: Place = async (_topology, { folder, env }) => {
  const [publicPort, restPort, ...responsePorts] = await findFreePorts(4).then((first) =>
    [0, 1, 2, 3].map((n) => first + n),
  )
  const rest = serviceNames.filter((name) => name !== 'response')
  const at = (ports: readonly (number | undefined)[]) => ports.map((port) => `http://127.0.0.1:${port}`).join()
  const programs = [
    new SpawnedProgram({
      main: 'apps/all-in-one/main.ts',
      cwd: folder,
      env: {
        ...env,
        SERVICES: rest.join(),
        PORT: String(publicPort),
        INTERNAL_PORT: String(restPort),
        RESPONSE_SERVICE_URL: at(responsePorts),
      },
    }),
    ...responsePorts.map(
      (port) =>
        new SpawnedProgram({
          main: 'services/response/main.ts',
          cwd: folder,
          env: {
            ...env,
            INTERNAL_PORT: String(port),
            ...Object.fromEntries(rest.map((name) => [urlVariable(name), at([restPort])])),
          },
        }),
    ),
  ]
  const ports = [restPort, ...responsePorts]
  try {
    await Promise.all(programs.map((program, index) => program.untilReady(`http://127.0.0.1:${ports[index]}`)))
  } catch (error) {
    for (const program of programs) program.killGroup()
    throw error
  }
  return {
    url: `http://127.0.0.1:${publicPort}`,
    pids: programs.map(({ pid }) => pid),
    output: () => programs.map(({ standardOutput, standardError }) => standardOutput + standardError).join(''),
    async stop() {
      await Promise.all(programs.map((program) => program.stop()))
    },
  }
}

test('two processes run responses: whichever is asked, a plain answer and a stored stream arrive', {
  skip,
}, async (t: TestContext) => {
  await using database = await createTestDatabase()
  await using system = await startSystem('extracted-response', {
    place: placeTwoResponses,
    env: { DATABASE_URL: database.url },
  })
  const client = system.client()
  const answers = await Promise.all(
    Array.from({ length: chats }, () => client.chat.completions.create({ model: 'two', messages })),
  )
  t.assert.ok(answers.every(({ choices }) => choices[0]?.finish_reason === 'stop'))
  const streams = await Promise.all(
    Array.from({ length: chats }, async () => {
      const stream = await client.responses.create({ model: 'two', input: 'hello', stream: true })
      return (await Array.fromAsync(stream)).at(-1)?.type
    }),
  )
  t.assert.deepEqual([...new Set(streams)], ['response.completed'])
})

test('two processes that are told to be reached at one address: the second says so and ends', {
  skip,
}, async (t: TestContext) => {
  await using database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'parley-address-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const port = await findFreePorts(3)
  const start = (internalPort: number) =>
    new SpawnedProgram({
      main: 'services/response/main.ts',
      cwd: folder,
      env: {
        DATABASE_URL: database.url,
        PARLEY_INTERNAL_SECRET: randomUUID(),
        INTERNAL_PORT: String(internalPort),
        ADVERTISED_URL: `http://127.0.0.1:${port}`,
        ...Object.fromEntries(
          serviceNames
            .filter((name) => name !== 'response')
            .map((name) => [urlVariable(name), `http://127.0.0.1:${port + 2}`]),
        ),
      },
    })
  await using first = start(port)
  await first.untilOutput(/listens on/)
  await using second = start(port + 1)
  t.assert.deepEqual(await second.ended, { code: 1, signal: null })
  t.assert.match(second.standardError, /ADVERTISED_URL/)
  t.assert.ok(!first.hasEnded)
})
