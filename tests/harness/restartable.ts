import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SimulatedUpstream, startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { createClientSide } from './client-side.ts'
import { findFreePorts } from './free-ports.ts'
import { SpawnedProgram } from './spawned-program.ts'
import { presetKey } from './start-system.ts'

/** The one program, its data and its provider, of which the program may die and be started again. */
export interface Restartable extends AsyncDisposable, ReturnType<typeof createClientSide> {
  readonly key: string
  readonly upstream: SimulatedUpstream
  /** The one that runs, or ran last. */
  readonly program: SpawnedProgram
  /** Starts the next program on the same data and port; resolves once it is ready. */
  startAgain(): Promise<void>
}

export async function startRestartable(env: Readonly<Record<string, string>> = {}): Promise<Restartable> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-restart-'))
  const upstream = await startSimulatedUpstream()
  const port = await findFreePorts(1)
  const url = `http://127.0.0.1:${port}`
  const start = () =>
    new SpawnedProgram({
      main: 'apps/all-in-one/main.ts',
      cwd: folder,
      env: {
        PORT: String(port),
        PARLEY_API_KEY: presetKey,
        OPENAI_BASE_URL: upstream.url,
        OPENAI_API_KEY: 'upstream-key-of-the-tests',
        ...env,
      },
    })
  let program = start()
  await program.untilReady(url)
  return {
    ...createClientSide({ url, key: presetKey }),
    key: presetKey,
    upstream,
    get program() {
      return program
    },
    async startAgain() {
      program = start()
      await program.untilReady(url)
    },
    async [Symbol.asyncDispose]() {
      await program.stop()
      await upstream.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
