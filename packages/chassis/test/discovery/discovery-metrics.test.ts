import { type TestContext, test } from 'node:test'
import { Registry } from 'prom-client'
import { watchDiscovery } from '../../discovery/discovery-metrics.ts'
import { createHouse } from './fake-peers.ts'

test('the metrics tell how many instances there are in which state, and what went wrong', async (t: TestContext) => {
  const [a, b] = ['http://10.0.0.1:1', 'http://10.0.0.2:1']
  await using house = createHouse(a, b)
  const metrics = new Registry()
  watchDiscovery(metrics, [house.set])
  house.fits(a, b)
  house.call('refused')
  house.set.cannotTell('cannot be resolved (ETIMEOUT)', 1)
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_discovery_instances\{service="sample",state="usable"\} 1$/m)
  t.assert.match(text, /^parley_discovery_instances\{service="sample",state="ejected"\} 1$/m)
  t.assert.match(text, /^parley_discovery_instances\{service="sample",state="unfit"\} 0$/m)
  t.assert.match(text, /^parley_discovery_ejections_total\{service="sample"\} 1$/m)
  t.assert.match(text, /^parley_discovery_failures_total\{service="sample"\} 1$/m)
})
