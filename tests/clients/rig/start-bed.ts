import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { findFreePorts } from '../../harness/free-ports.ts'
import { SpawnedProgram } from '../../harness/spawned-program.ts'
import { serviceNames } from '../../harness/system.ts'
import type { Topology } from '../outcome.ts'
import { startUpstreamLog } from './upstream-log.ts'

/** What the clients run against: Parley in front of the simulated provider. */
export interface Bed extends AsyncDisposable {
  /** What a client is told of it, as environment variables. */
  readonly env: Readonly<Record<string, string>>
}

const model = 'simulated-over-http'

export async function startBed(topology: Topology): Promise<Bed> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'parley-clients-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const upstream = stack.use(await startSimulatedUpstream())
  const log = stack.use(await startUpstreamLog(upstream))
  const config = { providers: { held: { baseUrl: `${log.url}/v1` } } }
  await writeFile(join(folder, 'parley.config.ts'), `export default ${JSON.stringify(config)}\n`)
  const port = await findFreePorts(serviceNames.length + 1)
  const key = `parley-${randomBytes(24).toString('base64url')}`
  const parley = new SpawnedProgram({
    main: topology === 'split' ? 'apps/split/main.ts' : 'apps/all-in-one/main.ts',
    cwd: folder,
    env: {
      PORT: String(port),
      PARLEY_API_KEY: key,
      OPENAI_BASE_URL: upstream.url,
      DEFAULT_MODEL: model,
      LOG_LEVEL: 'warn',
    },
  })
  stack.use(parley)
  const url = `http://127.0.0.1:${port}`
  await parley.untilOutput(/^Parley listens on /m)
  await parley.untilReady(url)
  const started = stack.move()
  return {
    env: { PARLEY_URL: url, PARLEY_API_KEY: key, PARLEY_MODEL: model, UPSTREAM_LOG_URL: log.url },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
