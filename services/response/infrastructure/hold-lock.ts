import { setTimeout as delay } from 'node:timers/promises'
import type { Store, StoreLock } from '@parley/chassis/store/store.ts'

const regainMs = 500

/**
 * Asks again for a lock that was lost with its connection. Until it has it back, others may take its runs for nobody's
 * and overtake them; their attempts fence that. The returned function lets go of it.
 */
export function holdLock(store: Pick<Store<unknown>, 'tryLock'>, name: string, first: StoreLock): () => Promise<void> {
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
