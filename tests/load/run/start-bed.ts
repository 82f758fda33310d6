import { presetKey, startSystem } from '../../harness/start-system.ts'
import type { LoadOptions } from '../options.ts'

/** The Parley under load. */
export interface Bed extends AsyncDisposable {
  readonly url: string
  readonly key: string
  readonly model: string
  /** The process that started first of it; null when it was running before, maybe on another machine. */
  readonly pid: number | null
}

const holdMs = 30 * 60 * 1_000

/** A Parley of this run's own in front of the simulated provider, or the one that runs already. */
export async function startBed({ running, topology }: Pick<LoadOptions, 'running' | 'topology'>): Promise<Bed> {
  if (running !== null) return { ...running, pid: null, async [Symbol.asyncDispose]() {} }
  const system = await startSystem(topology === 'one' ? 'one-process' : 'split', {
    env: {
      LOG_LEVEL: 'error',
      LOG_FORMAT: 'json',
      // A model that is silent for long is what `streams` holds open.
      GPT_IDLE_TIMEOUT_MS: String(holdMs),
      GPT_FIRST_TOKEN_TIMEOUT_MS: String(holdMs),
    },
  })
  return {
    url: system.url,
    key: presetKey,
    model: 'default-model',
    pid: system.pids[0] ?? null,
    [Symbol.asyncDispose]: () => system.stop(),
  }
}
