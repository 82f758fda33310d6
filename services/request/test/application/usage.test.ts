import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { createWatchOverRequests } from '../../application/watch-over-requests.ts'
import { KyselyUsageTotals } from '../../infrastructure/kysely-usage-totals.ts'
import { failsWith, startRequests, submission } from '../harness.ts'
import { response, settleAs } from '../upkeep.ts'

const dayMs = 24 * 60 * 60_000
const everything = { from: 0, to: 10 ** 14, limit: 100 }

async function startUsage(t: TestContext) {
  const requests = await startRequests(t)
  const totals = new KyselyUsageTotals(requests.store)
  const watchOver = createWatchOverRequests({ sagas: requests.sagas, totals, stuckAfterMs: 0 })
  const use = async (keyId: string, model: string) => {
    const accepted = await requests.submitRequest(testContext({ keyId }), submission({ model }))
    await settleAs(requests, response(accepted, { model }))
  }
  return { ...requests, watchOver, use }
}

test('the ledger is summed up by day, model and key, in any combination', async (t: TestContext) => {
  const { watchOver, use, store } = await startUsage(t)
  await use('key_a', 'some-model')
  await use('key_a', 'unpriced')
  await use('key_b', 'some-model')
  await store.transaction(async (tx) => {
    const early = store.within(tx).updateTable('ledger').where('key_id', '=', 'key_b')
    await early.set(({ eb }) => ({ accepted_at: eb('accepted_at', '-', dayMs) })).execute()
  })
  const ask = async (by: string) =>
    (await watchOver.getUsage(testContext(), { by, ...everything })).data.map(
      ({ day, model, keyId, requests, costMicros, unpricedRequests }) =>
        [day, model, keyId, requests, costMicros, unpricedRequests].map(String).join(' '),
    )
  t.assert.deepStrictEqual(await ask('model'), ['null some-model null 2 30 0', 'null unpriced null 1 0 1'])
  t.assert.deepStrictEqual(await ask('key'), ['null null key_a 2 15 1', 'null null key_b 1 15 0'])
  t.assert.deepStrictEqual(await ask('day'), ['2026-01-01 null null 2 15 1', '2025-12-31 null null 1 15 0'])
  t.assert.strictEqual((await ask('day,model,key')).length, 3)
  const [totals] = (await watchOver.getUsage(testContext(), { by: 'day', ...everything, limit: 1 })).data
  t.assert.deepStrictEqual([totals?.inputTokens, totals?.outputTokens], [20, 10])
})

test('sums are of a span of time and of the own tenant', async (t: TestContext) => {
  const { watchOver, use, clock } = await startUsage(t)
  const now = clock.now()
  t.assert.deepStrictEqual((await watchOver.getUsage(testContext(), { by: 'day', ...everything })).data, [])
  await use('key_a', 'some-model')
  const count = async (tenant: string, span: object) => {
    const found = await watchOver.getUsage(testContext({ tenant }), { by: 'model', ...everything, ...span })
    return found.data[0]?.requests ?? 0
  }
  t.assert.strictEqual(await count('tenant-b', {}), 0)
  t.assert.strictEqual(await count('tenant-a', { from: now + 1 }), 0)
  t.assert.strictEqual(await count('tenant-a', { to: now }), 0)
})

test('stuck requests are for operators, and say where they are', async (t: TestContext) => {
  const { watchOver, submitRequest } = await startUsage(t)
  const { requestId } = await submitRequest(testContext(), submission())
  await t.assert.rejects(watchOver.listStuck(testContext(), { limit: 5 }), failsWith('SCOPE_MISSING'))
  const { data } = await watchOver.listStuck(testContext({ scopes: ['operator'] }), { limit: 5 })
  t.assert.deepStrictEqual(
    data.map((stuck) => [stuck.requestId, stuck.state, stuck.drives]),
    [[requestId, 'accepted', 0]],
  )
})
