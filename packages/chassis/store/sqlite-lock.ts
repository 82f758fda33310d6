import { DatabaseSync } from 'node:sqlite'
import type { StoreLock } from './store.ts'
import { isBusy } from './store-errors.ts'

/**
 * Holds an exclusive transaction on a file of its own. The operating system drops the file lock with the process, so a
 * killed holder never blocks the next one, and a stopped one never loses it.
 */
export function trySqliteLock(path: string): StoreLock | null {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw error
  }
  return {
    lost: new Promise(() => {}),
    async release() {
      database.close()
    },
  }
}
