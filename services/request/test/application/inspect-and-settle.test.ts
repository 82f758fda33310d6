import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import type { Accepted } from '../../contract.ts'
import { countRows, failsWith, sessionId, startRequests, submission } from '../harness.ts'
import { response, settleAs } from '../upkeep.ts'

const context = testContext()
const stranger = testContext({ tenant: 'tenant-b' })
const usage = {
  inputTokens: 1,
  cachedInputTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
  provenance: 'provider',
} as const
type Requests = Awaited<ReturnType<typeof startRequests>>

async function settle(requests: Requests, { requestId, responseId }: Accepted): Promise<void> {
  const outcome = {
    status: 'completed',
    model: 'some-model',
    provider: 'p',
    usage,
    attempts: 1,
    settledAt: 42,
  } as const
  await requests.store.transaction((tx) => requests.settleRequest(tx, context, { requestId, responseId, ...outcome }))
}

test('a request takes its status from the ledger', async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission())
  const { requestId } = accepted
  t.assert.strictEqual((await requests.inspect.getRequest(context, { requestId })).status, 'accepted')
  await settle(requests, accepted)
  const settled = await requests.inspect.getRequest(context, { requestId })
  t.assert.strictEqual(settled.status, 'completed')
  t.assert.strictEqual(settled.settledAt, 42)
})

test('a request has one ledger row, whatever is delivered twice', async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission())
  await settle(requests, accepted)
  await settle(requests, accepted)
  t.assert.strictEqual(await countRows(requests, 'ledger'), 1)
})

test('lists are paged, newest first', async (t: TestContext) => {
  const requests = await startRequests(t)
  const ids: string[] = []
  for (let count = 0; count < 5; count++) {
    const accepted = await requests.submitRequest(context, submission())
    await settle(requests, accepted)
    ids.unshift(accepted.requestId)
  }
  for (const list of [requests.inspect.listRequests, requests.inspect.listLedger]) {
    const first = await list(context, { limit: 3 })
    t.assert.deepStrictEqual(
      first.data.map(({ requestId }) => requestId),
      ids.slice(0, 3),
    )
    t.assert.strictEqual(first.hasMore, true)
    const rest = await list(context, { limit: 3, after: ids[2] ?? '' })
    t.assert.deepStrictEqual(
      rest.data.map(({ requestId }) => requestId),
      ids.slice(3),
    )
    t.assert.strictEqual(rest.hasMore, false)
  }
  const [entry] = (await requests.inspect.listLedger(context, { limit: 1 })).data
  t.assert.deepStrictEqual(entry?.usage, usage)
  t.assert.strictEqual(entry?.keyId, 'key_test')
})

test("another tenant's request answers like an absent one", async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission())
  await settle(requests, accepted)
  const { inspect, coldInspect } = requests
  const { requestId } = accepted
  const refused = failsWith('REQUEST_NOT_FOUND')
  await t.assert.rejects(inspect.getRequest(stranger, { requestId }), refused)
  await t.assert.rejects(inspect.getInput(stranger, { requestId }), refused)
  await t.assert.rejects(coldInspect.getInput(stranger, { requestId }), refused)
  await t.assert.rejects(inspect.listRequests(stranger, { limit: 1, after: requestId }), refused)
  t.assert.deepStrictEqual((await inspect.listRequests(stranger, { limit: 10 })).data, [])
  t.assert.deepStrictEqual((await inspect.listLedger(stranger, { limit: 10 })).data, [])
})

test('an input is forgotten soon after its response has settled, and not before', async (t: TestContext) => {
  const requests = await startRequests(t)
  const settled = await requests.submitRequest(context, submission())
  const running = await requests.submitRequest(context, submission())
  await settle(requests, settled)
  requests.clock.advance(2_000)
  const { findInput } = requests.requests
  await waitUntil(async () => (await findInput('tenant-a', settled.requestId)) === undefined)
  t.assert.notStrictEqual(await findInput('tenant-a', running.requestId), undefined)
  t.assert.deepStrictEqual(requests.failures, [])
})

test('inputs that a dead process did not forget are found at the next start', async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission())
  await settle(requests, accepted)
  const [left] = await requests.retention.listForgotten(10)
  t.assert.strictEqual(left?.requestId, accepted.requestId)
  await requests.forgetSettled.start()
  t.assert.deepStrictEqual(await requests.retention.listForgotten(10), [])
})

test('a turn that was noted beside the end of its request is met with it soon after', async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission({ sessionId }))
  await settleAs(requests, response(accepted, { sessionId, turn: 'append' }))
  // As a unit on another connection does that cannot see the one above.
  const early = { tenant: 'tenant-a', response_id: accepted.responseId, noted_at: 1 }
  await requests.store.transaction(async (tx) => {
    await requests.store.within(tx).insertInto('early_turns').values(early).execute()
  })
  const stateOf = async () => (await requests.inspect.getRequest(context, accepted)).saga?.state
  t.assert.strictEqual(await stateOf(), 'turn-owed')
  requests.clock.advance(2_000)
  await waitUntil(async () => (await stateOf()) === 'finished')
})

test('an idempotency key outlives its request by a day', async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission({ idempotencyKey: 'k' }))
  const dayAfter = accepted.acceptedAt + 24 * 60 * 60_000
  const deleteBefore = (instant: number) =>
    requests.store.transaction((tx) => requests.retention.deleteKeysBefore(tx, instant))
  t.assert.strictEqual(await deleteBefore(dayAfter), 0, 'it is still running')
  await settle(requests, accepted)
  t.assert.strictEqual(await deleteBefore(accepted.acceptedAt), 0, 'it is not old enough')
  t.assert.strictEqual(await deleteBefore(dayAfter), 1)
})
