import { randomUUID } from 'node:crypto'
import type { Store } from '@parley/chassis/store/store.ts'
import type { RunnerPlaces } from '../application/ports.ts'
import { holdLock } from './hold-lock.ts'

/** The place of this process among those that run responses on one database. */
export interface RunnerPlace {
  readonly owner: string
  release(): Promise<void>
}

/** The place is what an owner's name begins with; the rest tells its holders apart. */
export function placeOf(owner: string): string {
  return owner.slice(0, owner.indexOf('/'))
}

/**
 * Takes the first place that no living process holds. The lock ends with its process, so whoever gets a place knows that
 * the runs of its earlier holders are nobody's, without waiting for their leases.
 */
export async function takeRunnerPlace(store: Pick<Store<unknown>, 'tryLock'>): Promise<RunnerPlace> {
  for (let place = 0; ; place++) {
    const name = `runner-${place}`
    const lock = await store.tryLock(name)
    if (lock !== null) return { owner: `${name}/${randomUUID()}`, release: holdLock(store, name, lock) }
  }
}

/** Finds out by their locks which processes are gone: no lease has to lapse for that. */
export function createRunnerPlaces(store: Pick<Store<unknown>, 'tryLock'>): RunnerPlaces {
  return {
    async whileVacant(owner, work) {
      const lock = await store.tryLock(placeOf(owner))
      if (lock === null) return
      try {
        await work()
      } finally {
        await lock.release()
      }
    },
  }
}
