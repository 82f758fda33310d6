import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { testContext } from '@parley/testkit/context.ts'
import type { Accepted, Budget, CreateBudget } from '../../contract.ts'
import { countRows, failsWith, type Requests, sessionId, startRequests, submission } from '../harness.ts'

const operator = testContext({ scopes: ['operator'] })
const context = testContext()
const wish: CreateBudget = {
  tenant: 'tenant-a',
  keyId: null,
  name: 'small',
  period: 'total',
  limitMicros: 100,
  limitTokens: null,
}
/** Holds 10 for its input and 20 for its output. */
const asked = submission({ options: { maxOutputTokens: 20 } })
const held = 30

async function usedOf(requests: Requests, { budgetId }: Budget) {
  const { current } = await requests.manageBudgets.getBudget(operator, { budgetId })
  const { spentMicros, heldMicros, overMicros, spentTokens, heldTokens } = current
  return { spentMicros, heldMicros, overMicros, spentTokens, heldTokens }
}

/** Settles as if the provider had reported so many tokens of input and output. */
async function settle(requests: Requests, accepted: Accepted, [input, output]: readonly [number, number] | []) {
  const { requestId, responseId } = accepted
  const usage =
    input === undefined
      ? null
      : {
          ...{ inputTokens: input, cachedInputTokens: 0, outputTokens: output ?? 0, reasoningTokens: 0 },
          provenance: 'provider' as const,
        }
  const outcome = { requestId, responseId, status: 'completed', model: 'm', provider: 'p', usage } as const
  await requests.store.transaction((tx) =>
    requests.settleRequest(tx, context, { ...outcome, attempts: 1, settledAt: 42 }),
  )
}

test('acceptance holds what a request may cost, the end turns it into what it did cost', async (t: TestContext) => {
  const requests = await startRequests(t)
  const budget = await requests.manageBudgets.createBudget(operator, wish)
  const accepted = await requests.submitRequest(context, asked)
  const nothing = { spentMicros: 0, heldMicros: 0, overMicros: 0, spentTokens: 0, heldTokens: 0 }
  t.assert.deepStrictEqual(await usedOf(requests, budget), { ...nothing, heldMicros: held, heldTokens: held })
  await settle(requests, accepted, [9, 3])
  t.assert.deepStrictEqual(await usedOf(requests, budget), { ...nothing, spentMicros: 12, spentTokens: 12 })
  await settle(requests, accepted, [9, 3])
  t.assert.deepStrictEqual(await usedOf(requests, budget), { ...nothing, spentMicros: 12, spentTokens: 12 })
  const [entry] = (await requests.inspect.listLedger(context, { limit: 1 })).data
  t.assert.strictEqual(entry?.costMicros, 12)
  t.assert.strictEqual(entry?.priceVersion, 'test-1')
})

test('a request that used nothing gives everything back', async (t: TestContext) => {
  const requests = await startRequests(t)
  const budget = await requests.manageBudgets.createBudget(operator, wish)
  await settle(requests, await requests.submitRequest(context, asked), [])
  t.assert.strictEqual((await usedOf(requests, budget)).spentMicros, 0)
  t.assert.strictEqual((await usedOf(requests, budget)).heldMicros, 0)
})

test('a refusal names the budget and what is left, and leaves nothing behind', async (t: TestContext) => {
  const requests = await startRequests(t)
  const budget = await requests.manageBudgets.createBudget(operator, { ...wish, limitMicros: 29 })
  const refused = await requests.submitRequest(context, { ...asked, sessionId }).catch((error: unknown) => error)
  t.assert.ok(refused instanceof AppError)
  t.assert.strictEqual(refused.code, 'BUDGET_EXHAUSTED')
  t.assert.match(
    refused.message,
    /'small' \(bud_[0-9a-f]{32}\) of the tenant .* 0\.00003 may be needed and 0\.000029 is/,
  )
  t.assert.strictEqual(refused.retryable, false)
  for (const table of ['requests', 'budget_holds', 'ledger'] as const) {
    t.assert.strictEqual(await countRows(requests, table), 0, table)
  }
  t.assert.deepStrictEqual(requests.published, [])
  t.assert.strictEqual(requests.turns.active, null)
  t.assert.strictEqual((await usedOf(requests, budget)).heldMicros, 0)
})

test('the smallest of several budgets decides, and those before it hold nothing after a refusal', async (t: TestContext) => {
  const requests = await startRequests(t)
  const wide = await requests.manageBudgets.createBudget(operator, wish)
  const narrow = { ...wish, keyId: 'key_test', limitMicros: null, limitTokens: 29 }
  await requests.manageBudgets.createBudget(operator, narrow)
  await t.assert.rejects(requests.submitRequest(context, asked), failsWith('BUDGET_EXHAUSTED'))
  t.assert.strictEqual((await usedOf(requests, wide)).heldMicros, 0)
  const other = testContext({ keyId: 'key_other' })
  await requests.submitRequest(other, asked)
  t.assert.strictEqual((await usedOf(requests, wide)).heldMicros, held, 'another key is not concerned')
})

test('sixty-four at once on a budget for one: exactly one is admitted', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.manageBudgets.createBudget(operator, { ...wish, limitMicros: held })
  const all = await Promise.allSettled(Array.from({ length: 64 }, () => requests.submitRequest(context, asked)))
  t.assert.strictEqual(all.filter(({ status }) => status === 'fulfilled').length, 1)
  t.assert.strictEqual(await countRows(requests, 'requests'), 1)
  t.assert.strictEqual(await countRows(requests, 'budget_holds'), 1)
})

test('more than was held takes what room there is, and the rest is told apart', async (t: TestContext) => {
  const requests = await startRequests(t)
  const budget = await requests.manageBudgets.createBudget(operator, { ...wish, limitMicros: 50 })
  await settle(requests, await requests.submitRequest(context, asked), [40, 30])
  const { spentMicros, overMicros } = await usedOf(requests, budget)
  t.assert.deepStrictEqual([spentMicros, overMicros], [50, 20])
  await t.assert.rejects(requests.submitRequest(context, asked), failsWith('BUDGET_EXHAUSTED'))
})

test('a key without a budget asks for nothing and costs no statement', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.submitRequest(context, asked)
  let looks = 0
  const { load } = requests.book
  requests.book.load = (...asking) => {
    looks++
    return load(...asking)
  }
  requests.holds.listApplicable = () => Promise.reject(new Error('nobody asks for budgets'))
  for (let count = 0; count < 10; count++) await requests.submitRequest(context, asked)
  t.assert.strictEqual(looks, 0)
  t.assert.strictEqual(await countRows(requests, 'budget_holds'), 0)
})

test('a budget of another process holds within a second', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.submitRequest(context, asked)
  await requests.store.transaction((tx) =>
    requests.budgetStore.insert(tx, { ...wish, limitMicros: 0, budgetId: 'bud_x', createdAt: 1, updatedAt: 1 }),
  )
  await requests.submitRequest(context, asked)
  requests.clock.advance(1_001)
  await t.assert.rejects(requests.submitRequest(context, asked), failsWith('BUDGET_EXHAUSTED'))
})

test('a model without a price costs nothing, and the ledger says so', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.manageBudgets.createBudget(operator, { ...wish, limitMicros: 0 })
  await settle(requests, await requests.submitRequest(context, { ...asked, model: 'unpriced' }), [1, 1])
  const [entry] = (await requests.inspect.listLedger(context, { limit: 1 })).data
  t.assert.deepStrictEqual([entry?.costMicros, entry?.priceVersion], [0, null])
})

test('a key is replayed without holding a second time', async (t: TestContext) => {
  const requests = await startRequests(t)
  const budget = await requests.manageBudgets.createBudget(operator, { ...wish, limitMicros: held })
  const keyed = { ...asked, idempotencyKey: 'once' }
  const first = await requests.submitRequest(context, keyed)
  t.assert.strictEqual((await requests.submitRequest(context, keyed)).requestId, first.requestId)
  t.assert.strictEqual((await usedOf(requests, budget)).heldMicros, held)
})

test('what lost attempts may have used is priced and charged as well', async (t: TestContext) => {
  const requests = await startRequests(t)
  const budget = await requests.manageBudgets.createBudget(operator, wish)
  const { requestId, responseId } = await requests.submitRequest(context, asked)
  const usage = {
    inputTokens: 8,
    cachedInputTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
    provenance: 'provider',
  } as const
  const lostUsage = { ...usage, outputTokens: 1, provenance: 'estimated' } as const
  const outcome = { requestId, responseId, status: 'completed', model: 'm', provider: 'p', usage, lostUsage } as const
  await requests.store.transaction((tx) =>
    requests.settleRequest(tx, context, { ...outcome, attempts: 2, settledAt: 42 }),
  )
  t.assert.strictEqual((await usedOf(requests, budget)).spentMicros, 19)
  const [entry] = (await requests.inspect.listLedger(context, { limit: 1 })).data
  t.assert.deepStrictEqual([entry?.costMicros, entry?.lostCostMicros, entry?.attempts], [10, 9, 2])
  t.assert.deepStrictEqual(entry?.lostUsage, lostUsage)
})
