import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { countRows, failsWith, message, sessionId, startRequests, submission } from '../harness.ts'

const context = testContext()
const keyed = submission({ idempotencyKey: 'order-1' })

test('the same key and body return the first acceptance', async (t: TestContext) => {
  const requests = await startRequests(t)
  const first = await requests.submitRequest(context, keyed)
  const again = await requests.submitRequest(context, { ...keyed, items: [message('hello', 'msg_other')] })
  t.assert.deepStrictEqual(again, { ...first, replayed: true })
  t.assert.strictEqual(requests.published.length, 1)
})

test('the same key with another body is refused', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.submitRequest(context, keyed)
  const other = { ...keyed, items: [message('good bye')] }
  await t.assert.rejects(requests.submitRequest(context, other), failsWith('IDEMPOTENCY_KEY_REUSED'))
  t.assert.strictEqual(await countRows(requests, 'requests'), 1)
})

test('tenants do not share keys', async (t: TestContext) => {
  const requests = await startRequests(t)
  const first = await requests.submitRequest(context, keyed)
  const other = await requests.submitRequest(testContext({ tenant: 'tenant-b' }), keyed)
  t.assert.strictEqual(other.replayed, false)
  t.assert.notStrictEqual(other.requestId, first.requestId)
})

test('a hundred parallel submissions of one key are one request', async (t: TestContext) => {
  const requests = await startRequests(t)
  const all = await Promise.all(Array.from({ length: 100 }, () => requests.submitRequest(context, keyed)))
  t.assert.strictEqual(new Set(all.map(({ responseId }) => responseId)).size, 1)
  t.assert.strictEqual(all.filter(({ replayed }) => !replayed).length, 1)
  t.assert.strictEqual(await countRows(requests, 'requests'), 1)
  t.assert.strictEqual(requests.published.length, 1)
})

test('a hundred parallel submissions to one session are one request as well', async (t: TestContext) => {
  const requests = await startRequests(t)
  const turn = { ...keyed, sessionId }
  const all = await Promise.all(Array.from({ length: 100 }, () => requests.submitRequest(context, turn)))
  t.assert.strictEqual(new Set(all.map(({ responseId }) => responseId)).size, 1)
  t.assert.deepStrictEqual(requests.turns.abandoned, [])
})

test('two processes that get the same key at once agree on one request', async (t: TestContext) => {
  const here = await startRequests(t)
  // The other process commits between this one's look-up and its transaction.
  const { findByKey } = here.requests
  let raced = false
  here.requests.findByKey = async (tenant, key) => {
    const found = await findByKey(tenant, key)
    if (raced) return found
    raced = true
    await here.store.transaction((tx) =>
      here.requests.claimKey(tx, {
        tenant,
        key,
        fingerprint: 'of another body',
        requestId: 'req_other',
        responseId: 'resp_other',
        acceptedAt: 1,
      }),
    )
    return found
  }
  await t.assert.rejects(here.submitRequest(context, keyed), failsWith('IDEMPOTENCY_KEY_REUSED'))
  t.assert.strictEqual(await countRows(here, 'requests'), 0)
  t.assert.deepStrictEqual(here.published, [])
})

test('a failed first submission leaves the key free', async (t: TestContext) => {
  const requests = await startRequests(t)
  await t.assert.rejects(requests.submitRequest(context, { ...keyed, model: 'absent' }), failsWith('MODEL_NOT_FOUND'))
  t.assert.strictEqual((await requests.submitRequest(context, keyed)).replayed, false)
})

test('a submission that names itself is accepted once, however often it is sent', async (t: TestContext) => {
  const requests = await startRequests(t)
  const submissionId = `req_${'5'.repeat(32)}`
  const wish = submission({ submissionId })
  const first = await requests.submitRequest(context, wish)
  const again = await Promise.all(Array.from({ length: 5 }, () => requests.submitRequest(context, wish)))
  t.assert.strictEqual(first.requestId, submissionId)
  for (const accepted of again) t.assert.deepStrictEqual(accepted, first)
  t.assert.strictEqual(await countRows(requests, 'requests'), 1)
  t.assert.strictEqual(requests.published.length, 1)
  t.assert.strictEqual('submissionId' in (await requests.coldInspect.getInput(context, first)), false)
})

test('one that is sent again to its session keeps the turn that it has, whatever fails the second time', async (t: TestContext) => {
  const requests = await startRequests(t)
  const wish = submission({ submissionId: `req_${'6'.repeat(32)}`, sessionId })
  const first = await requests.submitRequest(context, wish)
  t.assert.deepStrictEqual(await requests.submitRequest(context, wish), first)
  const failing = { ...wish, model: 'no-such-model' }
  t.assert.deepStrictEqual(await requests.submitRequest(context, failing), first)
  t.assert.deepStrictEqual(requests.turns.abandoned, [])
})
