import { Counter, type Registry } from 'prom-client'
import type { Store } from './store.ts'

export interface WatchedStore {
  readonly service: string
  readonly store: Pick<Store<unknown>, 'roundTrips'>
}

/** How often the stores of a process have waited for their server, taken from them whenever the metrics are read. */
export function watchStores(metrics: Registry, stores: readonly WatchedStore[]): void {
  if (stores.length === 0) return
  new Counter({
    name: 'parley_store_round_trips_total',
    help: 'How often the store has waited for its database server; 0 where the database is a file.',
    labelNames: ['service'],
    registers: [metrics],
    collect() {
      this.reset()
      for (const { service, store } of stores) this.inc({ service }, store.roundTrips)
    },
  })
}
