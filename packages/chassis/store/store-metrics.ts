import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Counter, Gauge, type Registry } from 'prom-client'
import { BoundHistogram } from '../telemetry/metrics/bound-histogram.ts'
import { reading, shared } from '../telemetry/metrics/reading.ts'
import type { OnCommit, Store } from './store.ts'

/** Counts the commits of all stores of a process. */
export interface CommitMetrics {
  of(service: string): OnCommit
}

const commitSecondsBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const commitUnitsBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256]

export function createCommitMetrics(registry: Registry): CommitMetrics {
  const registers = [registry]
  const durations = new BoundHistogram({
    name: 'parley_store_commit_duration_seconds',
    help: 'Commits: of a file from the beginning of their batch, of a server as long as the commit was waited for.',
    labelNames: ['service'],
    buckets: commitSecondsBuckets,
    registers,
  })
  const batches = new BoundHistogram({
    name: 'parley_store_commit_units',
    help: 'Units of work that shared a commit.',
    labelNames: ['service'],
    buckets: commitUnitsBuckets,
    registers,
  })
  return {
    of(service) {
      const [seconds, units] = [durations.bind({ service }), batches.bind({ service })]
      return (unitsOfCommit, secondsOfCommit) => {
        units.observe(unitsOfCommit)
        seconds.observe(secondsOfCommit)
      }
    },
  }
}

export interface WatchedStore {
  readonly service: string
  readonly store: Pick<Store<unknown>, 'roundTrips' | 'activity' | 'failure'>
}

/** What the stores of a process are busy with, taken from them whenever the metrics are read. */
export function watchStores(metrics: Registry, stores: readonly WatchedStore[]): void {
  if (stores.length === 0) return
  const registers = [metrics]
  new Counter({
    name: 'parley_store_round_trips_total',
    help: 'How often the store has waited for its database server; 0 where the database is a file.',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset()
      for (const { service, store } of stores) this.inc({ service }, store.roundTrips)
    },
  })
  new Gauge({
    name: 'parley_store_up',
    help: '1 while the database of the service can be used, as last seen; 0 otherwise.',
    labelNames: ['service'],
    registers,
    collect() {
      for (const { service, store } of stores) this.set({ service }, store.failure() === null ? 1 : 0)
    },
  })
  watchWaiting(metrics, stores)
  watchDisks(metrics, stores)
}

function watchWaiting(metrics: Registry, stores: readonly WatchedStore[]): void {
  const registers = [metrics]
  new Gauge({
    name: 'parley_store_waiting',
    help: 'Units of work and reads that wait for a connection of the pool, or for the one writer of a file.',
    labelNames: ['service'],
    registers,
    collect() {
      for (const { service, store } of stores) this.set({ service }, store.activity().waiting)
    },
  })
  new Gauge({
    name: 'parley_store_connections',
    help: 'Connections of a pool to PostgreSQL, by whether they are in use.',
    labelNames: ['service', 'state'],
    registers,
    collect() {
      for (const { service, store } of stores) {
        const activity = store.activity()
        if (activity.kind !== 'pool') continue
        this.set({ service, state: 'used' }, activity.used)
        this.set({ service, state: 'idle' }, activity.idle)
      }
    },
  })
  new Gauge({
    name: 'parley_store_connections_max',
    help: 'Connections that the pool may have.',
    labelNames: ['service'],
    registers,
    collect() {
      for (const { service, store } of stores) {
        const activity = store.activity()
        if (activity.kind === 'pool') this.set({ service }, activity.max)
      }
    },
  })
}

function watchDisks(metrics: Registry, stores: readonly WatchedStore[]): void {
  const registers = [metrics]
  const read = shared(async () => {
    const disks = stores.map(async ({ service, store }) => {
      const activity = store.activity()
      const disk = activity.kind === 'writer' ? await reading(statfs(dirname(activity.path))) : null
      return disk === null ? [] : [{ service, free: disk.bavail * disk.bsize, size: disk.blocks * disk.bsize }]
    })
    return (await Promise.all(disks)).flat()
  })
  new Gauge({
    name: 'parley_store_disk_free_bytes',
    help: 'What is free for Parley on the file system that holds the database file.',
    labelNames: ['service'],
    registers,
    async collect() {
      for (const { service, free } of await read()) this.set({ service }, free)
    },
  })
  new Gauge({
    name: 'parley_store_disk_size_bytes',
    help: 'Size of the file system that holds the database file.',
    labelNames: ['service'],
    registers,
    async collect() {
      for (const { service, size } of await read()) this.set({ service }, size)
    },
  })
}
