import { randomUUID } from 'node:crypto'
import type { Store } from '@parley/chassis/store/store.ts'

/** The place of this process among those that run responses on one database. */
export interface RunnerPlace {
  readonly owner: string
  release(): Promise<void>
}

/**
 * Takes the first place that no living process holds. The lock ends with its process, so whoever gets a place knows that
 * the runs of its earlier holders are nobody's, without waiting for their leases.
 */
export async function takeRunnerPlace(store: Pick<Store<unknown>, 'tryLock'>): Promise<RunnerPlace> {
  for (let place = 0; ; place++) {
    const lock = await store.tryLock(`runner-${place}`)
    if (lock !== null) return { owner: `runner-${place}/${randomUUID()}`, release: () => lock.release() }
  }
}
