import { type TestContext, test } from 'node:test'
import { watchStores } from '@parley/chassis/store/store-metrics.ts'
import { Registry } from 'prom-client'

test('the round trips of each store are counted once, however often the metrics are read', async (t: TestContext) => {
  const metrics = new Registry()
  const store = { roundTrips: 3 }
  watchStores(metrics, [
    { service: 'request', store },
    { service: 'session', store: { roundTrips: 0 } },
  ])
  await metrics.metrics()
  store.roundTrips = 7
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_store_round_trips_total\{service="request"\} 7$/m)
  t.assert.match(text, /^parley_store_round_trips_total\{service="session"\} 0$/m)
})

test('a process without stores has no such metric', async (t: TestContext) => {
  const metrics = new Registry()
  watchStores(metrics, [])
  t.assert.doesNotMatch(await metrics.metrics(), /parley_store/)
})
