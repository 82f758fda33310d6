import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { type SimulatedUpstream, startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { createClientSide } from '../harness/client-side.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'
import { presetKey } from '../harness/start-system.ts'
import { type ServiceName, serviceNames } from '../harness/system.ts'

/** A system with one process per service, each of which a test may stop, kill and leave dead. */
export interface SplitSystem extends AsyncDisposable, ReturnType<typeof createClientSide> {
  readonly upstream: SimulatedUpstream
  /** Where each process is asked for its metrics, as `host:port`. */
  readonly targets: readonly string[]
  process(name: ServiceName): SpawnedProgram
}

/** So few keys with waiting events make an outbox full, so that a test can fill one. */
export const outboxKeysMax = 20

export async function startSplitSystem(env: Readonly<Record<string, string>> = {}): Promise<SplitSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-observed-'))
  const upstream = await startSimulatedUpstream()
  const publicPort = await findFreePorts(serviceNames.length + 1)
  const portOf = (name: ServiceName) => publicPort + 1 + serviceNames.indexOf(name)
  await writeFile(join(folder, 'parley.config.ts'), `export default ${JSON.stringify(configFile)}\n`)
  const programs = new Map(
    serviceNames.map((name) => {
      const others = serviceNames.filter((other) => other !== name)
      const program = new SpawnedProgram({
        main: `services/${name}/main.ts`,
        cwd: folder,
        env: {
          ...commonEnv(folder, upstream),
          ...(name === 'gateway' && { PORT: String(publicPort) }),
          INTERNAL_PORT: String(portOf(name)),
          ...Object.fromEntries(others.map((other) => [urlVariable(other), `http://127.0.0.1:${portOf(other)}`])),
          ...env,
        },
      })
      return [name, program]
    }),
  )
  const dispose = async () => {
    await Promise.all([...programs.values()].map((program) => program.stop()))
    await upstream.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all([...programs].map(([name, program]) => program.untilReady(`http://127.0.0.1:${portOf(name)}`)))
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    ...createClientSide({ url: `http://127.0.0.1:${publicPort}`, key: presetKey }),
    upstream,
    targets: serviceNames.map((name) => `127.0.0.1:${portOf(name)}`),
    process(name) {
      const program = programs.get(name)
      if (program === undefined) throw new Error(`there is no process for ${name}`)
      return program
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Prices in units per million tokens. */
const configFile = { prices: { version: 'observed-1', models: { 'priced-model': { input: 1, output: 2 } } } }

const secret = `${randomUUID()}${randomUUID()}`

function commonEnv(folder: string, upstream: SimulatedUpstream): Record<string, string> {
  return {
    PARLEY_DATA: join(folder, 'data'),
    PARLEY_API_KEY: presetKey,
    PARLEY_INTERNAL_SECRET: secret,
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: 'upstream-key-of-the-tests',
    OPENAI_MODEL: 'priced-model',
    OUTBOX_KEYS_MAX: String(outboxKeysMax),
    TENANT_CLASSES: 'golden-tenant:gold',
    LOG_LEVEL: 'warn',
  }
}
