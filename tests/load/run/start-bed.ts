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

/** A Parley of this run's own in front of the simulated provider, with `env` besides, or the one that runs already. */
export async function startBed(
  { running, topology }: Pick<LoadOptions, 'running' | 'topology'>,
  env: Readonly<Record<string, string>> = {},
): Promise<Bed> {
  if (running !== null) return { ...running, pid: null, async [Symbol.asyncDispose]() {} }
  const system = await startSystem(topology === 'one' ? 'one-process' : 'split', {
    env: { LOG_LEVEL: 'error', LOG_FORMAT: 'json', ...env },
  })
  return {
    url: system.url,
    key: presetKey,
    model: 'default-model',
    pid: system.pids[0] ?? null,
    [Symbol.asyncDispose]: () => system.stop(),
  }
}
