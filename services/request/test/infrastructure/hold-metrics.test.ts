import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { Registry } from 'prom-client'
import { readOpenHolds, watchHolds } from '../../infrastructure/hold-metrics.ts'
import { startRequests, submission } from '../harness.ts'

const operator = testContext({ scopes: ['operator'] })
const asked = submission({ options: { maxOutputTokens: 20 } })
const budget = { keyId: null, name: 'b', period: 'total', limitTokens: null, limitMicros: 1_000 } as const

test('open holds are counted and added up for each tenant, until their request has settled', async (t: TestContext) => {
  const requests = await startRequests(t)
  const open = readOpenHolds(requests.store)
  const read = async () => (await open()).map((row) => ({ ...row }))
  t.assert.deepStrictEqual(await read(), [])
  for (const tenant of ['tenant-a', 'tenant-a', 'tenant-b'])
    await requests.manageBudgets.createBudget(operator, { ...budget, tenant })
  const { requestId, responseId } = await requests.submitRequest(testContext(), asked)
  t.assert.deepStrictEqual(await read(), [{ tenant: 'tenant-a', holds: 2, micros: 60 }])
  const outcome = { requestId, responseId, status: 'cancelled', model: 'm', provider: null, usage: null } as const
  await requests.store.transaction((tx) =>
    requests.settleRequest(tx, testContext(), { ...outcome, attempts: 0, settledAt: 42 }),
  )
  t.assert.deepStrictEqual(await read(), [])
})

test('the metrics show them by class of tenant, and nothing while the database does not answer', async (t: TestContext) => {
  const metrics = new Registry()
  let isDown = false
  watchHolds({
    metrics,
    async read() {
      if (isDown) throw new Error('no database')
      return [
        { tenant: 'acme', holds: 2, micros: 60 },
        { tenant: 'globex', holds: 1, micros: 5 },
        { tenant: 'initech', holds: 1, micros: 7 },
      ]
    },
    classOf: new Map([
      ['acme', 'gold'],
      ['hooli', 'silver'],
    ]),
  })
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_budget_holds\{tenant_class="gold"\} 2$/m)
  t.assert.match(text, /^parley_budget_holds\{tenant_class="silver"\} 0$/m)
  t.assert.match(text, /^parley_budget_holds\{tenant_class="default"\} 2$/m)
  t.assert.match(text, /^parley_budget_holds_micros\{tenant_class="gold"\} 60$/m)
  t.assert.match(text, /^parley_budget_holds_micros\{tenant_class="default"\} 12$/m)
  t.assert.doesNotMatch(text, /acme|globex/)
  isDown = true
  t.assert.doesNotMatch(await metrics.metrics(), /^parley_budget_holds/m)
})
