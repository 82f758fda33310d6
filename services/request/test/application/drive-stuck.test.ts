import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { countRows, type Requests, sessionId, startRequests, submission } from '../harness.ts'
import { FakeOutcomes, reaperOf, response, settleAs, usage } from '../upkeep.ts'

const context = testContext()
const operator = testContext({ scopes: ['operator'] })

async function stateOf(requests: Requests, requestId: string): Promise<string> {
  const { status, saga } = await requests.inspect.getRequest(context, { requestId })
  return `${status} ${saga?.state}: ${saga?.history.map(({ event }) => event).join(' ')}`
}

async function startHeld(t: TestContext) {
  const requests = await startRequests(t)
  const wish = {
    tenant: 'tenant-a',
    keyId: null,
    name: 'b',
    period: 'total' as const,
    limitMicros: 500,
    limitTokens: 500,
  }
  const { budgetId } = await requests.manageBudgets.createBudget(operator, wish)
  const currentOf = async () => (await requests.manageBudgets.getBudget(operator, { budgetId })).current
  return { requests, currentOf }
}

test('a crash between acceptance and settlement leaks no hold: given up after the cap, everything is given back', async (t: TestContext) => {
  const { requests, currentOf } = await startHeld(t)
  const reap = reaperOf(requests, new FakeOutcomes())
  const { requestId, responseId } = await requests.submitRequest(context, submission({ sessionId }))
  t.assert.ok((await currentOf()).heldMicros > 0)
  t.assert.strictEqual(await reap(), 1)
  t.assert.strictEqual(await stateOf(requests, requestId), 'accepted accepted: drive')
  await reap()
  t.assert.deepStrictEqual(
    requests.published.map(({ seq, data }) => [seq, data['again'], data['responseId']]),
    [
      [1, undefined, responseId],
      [2, true, responseId],
      [3, true, responseId],
    ],
  )
  await reap()
  t.assert.strictEqual(await stateOf(requests, requestId), 'failed compensated: drive drive give-up')
  t.assert.strictEqual((await currentOf()).heldMicros, 0)
  t.assert.strictEqual((await currentOf()).spentMicros, 0)
  t.assert.strictEqual(requests.turns.active, null, 'the session is free')
  t.assert.strictEqual(
    await requests.requests.findInput('tenant-a', requestId),
    undefined,
    'nobody can run it any more',
  )
  t.assert.strictEqual(await reap(), 0)
  t.assert.strictEqual(await countRows(requests, 'ledger'), 1)
})

test('an end whose event was lost is taken from the answer, once', async (t: TestContext) => {
  const { requests, currentOf } = await startHeld(t)
  const outcomes = new FakeOutcomes()
  const accepted = await requests.submitRequest(context, submission())
  outcomes.responses.set(accepted.responseId, response(accepted))
  await reaperOf(requests, outcomes)()
  t.assert.strictEqual(await stateOf(requests, accepted.requestId), 'completed finished: settle')
  t.assert.strictEqual((await currentOf()).heldMicros, 0)
  t.assert.strictEqual((await currentOf()).spentMicros, 15)
  await settleAs(requests, response(accepted))
  t.assert.strictEqual((await currentOf()).spentMicros, 15, 'the event that comes late changes nothing')
  t.assert.deepStrictEqual((await requests.inspect.listLedger(context, { limit: 5 })).data[0]?.usage, usage)
})

test('one that runs is left alone, and its history says once that it was seen', async (t: TestContext) => {
  const { requests } = await startHeld(t)
  const outcomes = new FakeOutcomes()
  const accepted = await requests.submitRequest(context, submission())
  const running = { status: 'in_progress', completedAt: null, usage: null } as const
  outcomes.responses.set(accepted.responseId, response(accepted, running))
  const reap = reaperOf(requests, outcomes)
  for (let round = 0; round < 5; round++) await reap()
  t.assert.strictEqual(await stateOf(requests, accepted.requestId), 'accepted generating: run')
  t.assert.strictEqual(requests.published.length, 1)
})

test('nothing is concluded from a response service that cannot be reached', async (t: TestContext) => {
  const { requests } = await startHeld(t)
  const outcomes = new FakeOutcomes()
  outcomes.isDown = true
  const { requestId } = await requests.submitRequest(context, submission())
  const reap = reaperOf(requests, outcomes)
  for (let round = 0; round < 5; round++) await t.assert.rejects(reap())
  t.assert.strictEqual(await stateOf(requests, requestId), 'accepted accepted: ')
})

test('a session that is owed its turn is waited for, by event or by asking', async (t: TestContext) => {
  const { requests } = await startHeld(t)
  const outcomes = new FakeOutcomes()
  const reap = reaperOf(requests, outcomes)
  for (const heard of [true, false]) {
    requests.turns.active = null
    const accepted = await requests.submitRequest(context, submission({ sessionId }))
    const owing = response(accepted, { sessionId, turn: 'append', isTurnOwed: true })
    outcomes.responses.set(accepted.responseId, owing)
    await settleAs(requests, owing)
    await reap()
    t.assert.strictEqual(await stateOf(requests, accepted.requestId), 'completed turn-owed: settle-owing')
    if (heard) {
      const { tenant, responseId } = owing
      await requests.store.transaction((tx) => requests.ledger.noteTurn(tx, { tenant, responseId }))
    } else {
      const { tenant, responseId } = owing
      outcomes.responses.delete(responseId)
      outcomes.turns.push({ tenant, sessionId, responseId, isAppended: true, hasSession: true })
      await reap()
    }
    t.assert.strictEqual(await stateOf(requests, accepted.requestId), 'completed finished: settle-owing append')
  }
})

test('a turn that is heard of before the end of its request is not waited for', async (t: TestContext) => {
  const { requests } = await startHeld(t)
  const accepted = await requests.submitRequest(context, submission({ sessionId }))
  const ended = response(accepted, { sessionId, turn: 'append' })
  for (let times = 0; times < 2; times++)
    await requests.store.transaction((tx) => requests.ledger.noteTurn(tx, { tenant: 'tenant-a', ...accepted }))
  await settleAs(requests, ended)
  t.assert.strictEqual(await stateOf(requests, accepted.requestId), 'completed finished: settle-owing append')
  const isLeft = await requests.store.transaction((tx) =>
    requests.ledger.takeEarlyTurn(tx, { tenant: 'tenant-a', ...accepted }),
  )
  t.assert.strictEqual(isLeft, false)
})

test('two reapers at once drive a request on once', async (t: TestContext) => {
  const { requests } = await startHeld(t)
  await requests.submitRequest(context, submission())
  const outcomes = new FakeOutcomes()
  await Promise.all([reaperOf(requests, outcomes)(), reaperOf(requests, outcomes)()])
  t.assert.strictEqual(requests.published.length, 2)
  t.assert.strictEqual(await countRows(requests, 'saga_steps'), 1)
})
