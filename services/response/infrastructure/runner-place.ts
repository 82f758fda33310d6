import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Store, StoreLock } from '@parley/chassis/store/store.ts'
import type { RunnerPlaces } from '../application/ports.ts'

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
    if (lock !== null) return { owner: `${name}/${randomUUID()}`, release: hold(store, name, lock) }
  }
}

const regainMs = 500

/**
 * Asks again for a lock that was lost with its connection. Until it has it back, others may take its runs for nobody's
 * and overtake them; their attempts fence that. The returned function lets go of it.
 */
function hold(store: Pick<Store<unknown>, 'tryLock'>, name: string, first: StoreLock): () => Promise<void> {
  let held: StoreLock | null = null
  let isReleased = false
  const keep = (lock: StoreLock): void => {
    held = lock
    void lock.lost.then(regain)
  }
  const regain = async (): Promise<void> => {
    held = null
    while (!isReleased) {
      await delay(regainMs, undefined, { ref: false })
      const lock = await store.tryLock(name).catch(() => null)
      if (lock === null) continue
      if (isReleased) await lock.release()
      else keep(lock)
      return
    }
  }
  keep(first)
  return async () => {
    isReleased = true
    await held?.release()
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
