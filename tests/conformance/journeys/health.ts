import type { TestContext } from 'node:test'
import { serviceNames } from '../../harness/system.ts'
import { type Journey, journey } from '../journey.ts'

export const healthJourneys: readonly Journey[] = [
  journey(
    'health: the process says that it lives, that it is ready, and what it counts',
    async (t: TestContext, system) => {
      const live = await system.fetch('/livez', { key: null })
      t.assert.equal(live.status, 200)
      const ready = await system.fetch('/readyz', { key: null })
      t.assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready' }])
      await system.client().chat.completions.create({ model: 'health', messages: [{ role: 'user', content: 'hello' }] })
      const metrics = await (await system.fetch('/metrics', { key: null })).text()
      t.assert.match(
        metrics,
        /^parley_gateway_requests_total\{method="POST",route="\/v1\/chat\/completions",status="2xx"\} [1-9]/m,
      )
      t.assert.match(metrics, /^process_resident_memory_bytes /m)
    },
  ),

  journey('health: the topology says where each service runs', async (t: TestContext, system) => {
    const answer = await system.fetch('/parley/topology')
    const { services } = (await answer.json()) as { services: { service: string; placement: string }[] }
    t.assert.deepEqual(services.map(({ service }) => service).sort(), [...serviceNames].sort())
    const remote = services.filter(({ placement }) => placement === 'remote').map(({ service }) => service)
    const others = serviceNames.filter((name) => name !== 'gateway')
    const expected = {
      'one-process': [],
      'one-process-strict': [],
      split: others,
      'extracted-gateway': others,
    }[system.topology as string] ?? [system.topology.replace('extracted-', '')]
    t.assert.deepEqual(remote.sort(), [...expected].sort())
  }),

  journey('health: the API is described, and the description is open to everyone', async (t: TestContext, system) => {
    const answer = await system.fetch('/openapi.json', { key: null })
    const document = (await answer.json()) as { openapi: string; paths: Record<string, object> }
    t.assert.match(document.openapi, /^3\.1/)
    t.assert.ok('/v1/responses' in document.paths && '/v1/chat/completions' in document.paths)
    t.assert.equal((await system.fetch('/', { key: null })).status, 200)
  }),
]
