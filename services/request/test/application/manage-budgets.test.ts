import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import type { CreateBudget } from '../../contract.ts'
import { failsWith, startRequests, submission } from '../harness.ts'

const operator = testContext({ tenant: 'default', scopes: ['operator'] })
const owner = testContext({ scopes: ['keys'] })
const stranger = testContext({ tenant: 'tenant-b', scopes: ['keys'] })
const ofKey: CreateBudget = {
  tenant: 'tenant-a',
  keyId: 'key_test',
  name: 'mine',
  period: 'month',
  limitMicros: 1_000,
  limitTokens: 2_000,
}
const ofTenant = { ...ofKey, keyId: null }

test('a tenant manages the budgets of its keys, an operator those of tenants', async (t: TestContext) => {
  const { manageBudgets } = await startRequests(t)
  const own = await manageBudgets.createBudget(owner, ofKey)
  t.assert.deepStrictEqual(await manageBudgets.getBudget(owner, own), own)
  t.assert.strictEqual(own.current.spentMicros, 0)
  await t.assert.rejects(manageBudgets.createBudget(owner, ofTenant), failsWith('SCOPE_MISSING'))
  await t.assert.rejects(manageBudgets.createBudget(stranger, ofKey), failsWith('SCOPE_MISSING'))
  const whole = await manageBudgets.createBudget(operator, ofTenant)
  t.assert.deepStrictEqual((await manageBudgets.listBudgets(owner, { tenant: 'tenant-a', limit: 5 })).data, [
    whole,
    own,
  ])
  const raised = { budgetId: whole.budgetId, limitMicros: 9_999 }
  await t.assert.rejects(manageBudgets.updateBudget(owner, raised), failsWith('SCOPE_MISSING'))
  await t.assert.rejects(manageBudgets.deleteBudget(owner, whole), failsWith('SCOPE_MISSING'))
  t.assert.strictEqual((await manageBudgets.updateBudget(operator, raised)).limitMicros, 9_999)
})

test("another tenant's budget answers like an absent one", async (t: TestContext) => {
  const { manageBudgets } = await startRequests(t)
  const { budgetId } = await manageBudgets.createBudget(owner, ofKey)
  const refused = failsWith('BUDGET_NOT_FOUND')
  await t.assert.rejects(manageBudgets.getBudget(stranger, { budgetId }), refused)
  await t.assert.rejects(manageBudgets.updateBudget(stranger, { budgetId, name: 'x' }), refused)
  await t.assert.rejects(manageBudgets.deleteBudget(stranger, { budgetId }), refused)
  const cursor = { tenant: 'tenant-b', after: budgetId, limit: 1 }
  await t.assert.rejects(manageBudgets.listBudgets(stranger, cursor), refused)
  await t.assert.rejects(
    manageBudgets.listBudgets(stranger, { tenant: 'tenant-a', limit: 1 }),
    failsWith('SCOPE_MISSING'),
  )
})

test('a budget limits something', async (t: TestContext) => {
  const { manageBudgets } = await startRequests(t)
  const unlimited = { ...ofKey, limitMicros: null, limitTokens: null }
  await t.assert.rejects(manageBudgets.createBudget(owner, unlimited), failsWith('INVALID_REQUEST'))
  const { budgetId } = await manageBudgets.createBudget(owner, ofKey)
  const change = { budgetId, limitMicros: null, limitTokens: null }
  await t.assert.rejects(manageBudgets.updateBudget(owner, change), failsWith('INVALID_REQUEST'))
})

test('a limit cannot go below what is held, and holds at once where it is changed', async (t: TestContext) => {
  const { manageBudgets, submitRequest } = await startRequests(t)
  const { budgetId } = await manageBudgets.createBudget(owner, ofKey)
  const asked = submission({ options: { maxOutputTokens: 20 } })
  await submitRequest(testContext(), asked)
  await t.assert.rejects(manageBudgets.updateBudget(owner, { budgetId, limitMicros: 29 }), failsWith('INVALID_REQUEST'))
  t.assert.strictEqual((await manageBudgets.getBudget(owner, { budgetId })).limitMicros, 1_000, 'nothing was changed')
  await manageBudgets.updateBudget(owner, { budgetId, limitMicros: 30 })
  await t.assert.rejects(submitRequest(testContext(), asked), failsWith('BUDGET_EXHAUSTED'))
  await manageBudgets.deleteBudget(owner, { budgetId })
  await submitRequest(testContext(), asked)
})
