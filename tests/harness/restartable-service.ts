import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { type SimulatedUpstream, startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { createClientSide } from './client-side.ts'
import { findFreePorts } from './free-ports.ts'
import { SpawnedProgram } from './spawned-program.ts'
import { presetKey } from './start-system.ts'
import { type ServiceName, serviceNames } from './system.ts'

/** One service by itself, which may die and be started again, and a program with all others. */
export interface RestartableService extends AsyncDisposable, ReturnType<typeof createClientSide> {
  readonly key: string
  readonly upstream: SimulatedUpstream
  /** The program of the service: the one that runs, or ran last. */
  readonly program: SpawnedProgram
  /** Starts the service's next program on the same data and port; resolves once it is ready. */
  startAgain(): Promise<void>
}

/** Not for the gateway, which has the public port. */
export async function startRestartableService(alone: Exclude<ServiceName, 'gateway'>): Promise<RestartableService> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-restart-'))
  const upstream = await startSimulatedUpstream()
  const publicPort = await findFreePorts(3)
  const [url, restUrl, aloneUrl] = [0, 1, 2].map((offset) => `http://127.0.0.1:${publicPort + offset}`)
  const others = serviceNames.filter((name) => name !== alone)
  const env = {
    PARLEY_DATA: join(folder, 'data'),
    PARLEY_API_KEY: presetKey,
    PARLEY_INTERNAL_SECRET: randomUUID(),
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: 'upstream-key-of-the-tests',
  }
  const rest = new SpawnedProgram({
    main: 'apps/all-in-one/main.ts',
    cwd: folder,
    env: {
      ...env,
      PORT: String(publicPort),
      INTERNAL_PORT: String(publicPort + 1),
      SERVICES: others.join(),
      [urlVariable(alone)]: `${aloneUrl}`,
    },
  })
  const start = () =>
    new SpawnedProgram({
      main: `services/${alone}/main.ts`,
      cwd: folder,
      env: {
        ...env,
        INTERNAL_PORT: String(publicPort + 2),
        ...Object.fromEntries(others.map((name) => [urlVariable(name), `${restUrl}`])),
      },
    })
  let program = start()
  await Promise.all([rest.untilReady(`${url}`), program.untilReady(`${aloneUrl}`)])
  return {
    ...createClientSide({ url: `${url}`, key: presetKey }),
    key: presetKey,
    upstream,
    get program() {
      return program
    },
    async startAgain() {
      program = start()
      await program.untilReady(`${aloneUrl}`)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([program.stop(), rest.stop()])
      await upstream.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
