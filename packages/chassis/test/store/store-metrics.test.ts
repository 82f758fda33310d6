import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StoreActivity } from '@parley/chassis/store/store.ts'
import { createCommitMetrics, watchStores } from '@parley/chassis/store/store-metrics.ts'
import { Registry } from 'prom-client'

const writer: StoreActivity = { kind: 'writer', waiting: 2, path: join(tmpdir(), 'session.db') }
const pool: StoreActivity = { kind: 'pool', used: 3, idle: 1, waiting: 5, max: 10 }

function fakeStore(activity: StoreActivity, failure: string | null = null) {
  return { roundTrips: 0, activity: () => activity, failure: () => failure }
}

test('the round trips of each store are counted once, however often the metrics are read', async (t: TestContext) => {
  const metrics = new Registry()
  const store = { ...fakeStore(pool), roundTrips: 3 }
  watchStores(metrics, [
    { service: 'request', store },
    { service: 'session', store: fakeStore(writer) },
  ])
  await metrics.metrics()
  store.roundTrips = 7
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_store_round_trips_total\{service="request"\} 7$/m)
  t.assert.match(text, /^parley_store_round_trips_total\{service="session"\} 0$/m)
})

test('a pool tells how its connections are used and who waits for one', async (t: TestContext) => {
  const metrics = new Registry()
  watchStores(metrics, [{ service: 'request', store: fakeStore(pool, 'cannot be used') }])
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_store_connections\{service="request",state="used"\} 3$/m)
  t.assert.match(text, /^parley_store_connections\{service="request",state="idle"\} 1$/m)
  t.assert.match(text, /^parley_store_connections_max\{service="request"\} 10$/m)
  t.assert.match(text, /^parley_store_waiting\{service="request"\} 5$/m)
  t.assert.match(text, /^parley_store_up\{service="request"\} 0$/m)
  t.assert.doesNotMatch(text, /^parley_store_disk_free_bytes\{/m)
})

test('a file tells who waits for its writer, and how much room its disk has, at the first look', async (t: TestContext) => {
  const metrics = new Registry()
  watchStores(metrics, [{ service: 'session', store: fakeStore(writer) }])
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_store_waiting\{service="session"\} 2$/m)
  t.assert.match(text, /^parley_store_up\{service="session"\} 1$/m)
  t.assert.match(text, /^parley_store_disk_free_bytes\{service="session"\} [1-9]/m)
  t.assert.match(text, /^parley_store_disk_size_bytes\{service="session"\} [1-9]/m)
  t.assert.doesNotMatch(text, /^parley_store_connections\{/m)
})

test('commits are counted with what they held and how long they took', async (t: TestContext) => {
  const metrics = new Registry()
  const onCommit = createCommitMetrics(metrics).of('session')
  onCommit(3, 0.002)
  onCommit(5, 0.002)
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_store_commit_units_sum\{service="session"\} 8$/m)
  t.assert.match(text, /^parley_store_commit_duration_seconds_count\{service="session"\} 2$/m)
})

test('a process without stores has no such metric', async (t: TestContext) => {
  const metrics = new Registry()
  watchStores(metrics, [])
  t.assert.doesNotMatch(await metrics.metrics(), /parley_store/)
})
