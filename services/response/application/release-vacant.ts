import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Lease, ResponseStore, RunnerPlaces } from './ports.ts'

export interface ReleaseVacantPorts {
  store: ResponseStore
  transactor: Transactor
  places: RunnerPlaces
  lease: Lease
}

/** Makes the runs of processes that are gone due at once, so that nobody waits for their leases to lapse. */
export function createReleaseVacant({ store, transactor, places, lease }: ReleaseVacantPorts): () => Promise<void> {
  return async function releaseVacant() {
    for (const owner of await store.listOwners()) {
      if (owner === lease.owner) continue
      const left = { owner: `${owner.slice(0, owner.indexOf('/'))}/`, leaseMs: lease.leaseMs }
      await places.whileVacant(owner, async () => {
        await transactor.transaction((tx) => store.releasePlace(tx, left))
      })
    }
  }
}
