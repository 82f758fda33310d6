import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { Registry } from 'prom-client'
import type { CreateBudget } from '../../contract.ts'
import { readBudgetTotals } from '../../infrastructure/kysely-budget-totals.ts'
import { watchUpkeep } from '../../infrastructure/upkeep-metrics.ts'
import { startRequests, submission } from '../harness.ts'

const operator = testContext({ scopes: ['operator'] })
const context = testContext()
const wish: CreateBudget = {
  ...{ tenant: 'tenant-a', keyId: null, name: 'small', period: 'total', limitTokens: null, limitMicros: null },
}
/** Holds 10 for its input and 20 for its output. */
const asked = submission({ options: { maxOutputTokens: 20 } })

test('budgets are counted by how much of them is used or held', async (t: TestContext) => {
  const requests = await startRequests(t)
  const read = readBudgetTotals(requests.store)
  t.assert.deepStrictEqual(await read(), { budgets: 0, nearly: 0, spent: 0, heldMicros: 0, heldTokens: 0 })
  for (const limitMicros of [1_000, 33, 30])
    await requests.manageBudgets.createBudget(operator, { ...wish, limitMicros })
  await requests.manageBudgets.createBudget(operator, { ...wish, limitTokens: 31 })
  await requests.manageBudgets.createBudget(operator, { ...wish, tenant: 'tenant-b', limitMicros: 0 })
  t.assert.deepStrictEqual(await read(), { budgets: 5, nearly: 0, spent: 1, heldMicros: 0, heldTokens: 0 })
  await requests.submitRequest(context, asked)
  t.assert.deepStrictEqual(await read(), { budgets: 5, nearly: 2, spent: 2, heldMicros: 120, heldTokens: 120 })
})

test('the metrics show them, and are silent while the database does not answer', async (t: TestContext) => {
  const metrics = new Registry()
  let isDown = false
  watchUpkeep({
    metrics,
    async readTotals() {
      if (isDown) throw new Error('no database')
      return { budgets: 4, nearly: 1, spent: 2, heldMicros: 5, heldTokens: 6 }
    },
    listStuck: async () => [],
    now: () => 0,
  })
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_budgets\{state="open"\} 1$/m)
  t.assert.match(text, /^parley_budgets\{state="nearly"\} 1$/m)
  t.assert.match(text, /^parley_budgets\{state="spent"\} 2$/m)
  t.assert.match(text, /^parley_budgets_held_micros 5$/m)
  t.assert.match(text, /^parley_requests_stuck 0$/m)
  isDown = true
  const silent = await metrics.metrics()
  t.assert.doesNotMatch(silent, /^parley_budgets/m)
  t.assert.match(silent, /^parley_requests_stuck 0$/m)
})
