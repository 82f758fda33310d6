import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SimulatedUpstream, startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { createClientSide } from './client-side.ts'
import { type FloodUpstream, startFloodUpstream } from './flood-upstream.ts'
import type { System, SystemOptions, Topology } from './system.ts'
import { type Place, type Placed, place } from './topologies.ts'

/** Starts the system with a provider, a data folder and ports of its own; resolves once it is ready. */
export async function startSystem(
  topology: Topology,
  options: SystemOptions & { place?: Place } = {},
): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-system-'))
  const upstream = await startSimulatedUpstream()
  const flood = await startFloodUpstream()
  const { env = {}, faults = null } = options
  const configFile = options.configFile?.({ upstreamUrl: upstream.url, floodUrl: flood.url }) ?? {}
  const release = async () => {
    await upstream.close()
    await flood[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await writeFile(join(folder, 'parley.config.ts'), `export default ${JSON.stringify(configFile, null, 2)}\n`)
    const placed = await (options.place ?? place)(topology, {
      folder,
      configFile,
      faults,
      env: { ...baseEnv(folder, upstream), ...env },
    })
    return assemble(topology, { release, upstream, flood, placed, fetch: options.fetch })
  } catch (error) {
    await release()
    throw error
  }
}

export const presetKey = 'parley-preset-key-of-the-tests'
/** The model's silence that counts as a stall: short, so that a test need not wait long for it. */
export const idleTimeoutMs = 10_000
/** What has not been told by an event is asked for after this; short for the same reason. */
const stuckAfterMs = 4_000

/** Where all services keep their data, when the tests of this process are to use a server. */
const testDatabaseUrl = process.env.PARLEY_TEST_DATABASE_URL

function baseEnv(folder: string, upstream: SimulatedUpstream): Record<string, string> {
  return {
    PARLEY_DATA: join(folder, 'data'),
    ...(testDatabaseUrl !== undefined && { DATABASE_URL: testDatabaseUrl }),
    PARLEY_API_KEY: presetKey,
    PARLEY_INTERNAL_SECRET: `${randomUUID()}${randomUUID()}`,
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: 'upstream-key-of-the-tests',
    OPENAI_MODEL: 'default-model',
    GPT_IDLE_TIMEOUT_MS: String(idleTimeoutMs),
    GPT_FIRST_TOKEN_TIMEOUT_MS: String(idleTimeoutMs),
    REQUEST_STUCK_AFTER_MS: String(stuckAfterMs),
    LOG_LEVEL: 'info',
  }
}

interface Parts {
  upstream: SimulatedUpstream
  flood: FloodUpstream
  placed: Placed
  release: () => Promise<void>
  fetch: typeof fetch | undefined
}

function assemble(topology: Topology, { upstream, flood, placed, release, fetch }: Parts): System {
  const key = presetKey
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= placed.stop().finally(release)
    return stopping
  }
  return {
    topology,
    url: placed.url,
    key,
    upstream,
    flood,
    ...createClientSide({ url: placed.url, key, fetch }),
    pids: placed.pids,
    output: placed.output,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
