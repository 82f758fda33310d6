import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import {
  closedSessionId,
  countRows,
  failsWith,
  previousResponseId,
  sessionId,
  startRequests,
  submission,
} from '../harness.ts'

const context = testContext()

test('an accepted request has a row and one event that carries no text', async (t: TestContext) => {
  const requests = await startRequests(t)
  const accepted = await requests.submitRequest(context, submission({ store: true }))
  t.assert.strictEqual(accepted.replayed, false)
  t.assert.strictEqual(await countRows(requests, 'requests'), 1)
  t.assert.deepStrictEqual(requests.published, [
    {
      type: 'request.submitted.v1',
      tenant: 'tenant-a',
      seq: 1,
      data: {
        requestId: accepted.requestId,
        responseId: accepted.responseId,
        model: 'some-model',
        sessionId: null,
        previousResponseId: null,
        store: true,
        keepFrames: true,
        acceptedAt: accepted.acceptedAt,
      },
    },
  ])
})

test('frames are kept for a key even when the response is not stored', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.submitRequest(context, submission())
  await requests.submitRequest(context, submission({ idempotencyKey: 'k' }))
  t.assert.deepStrictEqual(
    requests.published.map(({ data }) => data['keepFrames']),
    [false, true],
  )
})

test('the input is had from memory and, after a restart, from the row', async (t: TestContext) => {
  const requests = await startRequests(t)
  const { requestId } = await requests.submitRequest(context, submission({ metadata: { a: 'b' } }))
  const warm = await requests.inspect.getInput(context, { requestId })
  const cold = await requests.coldInspect.getInput(context, { requestId })
  t.assert.deepStrictEqual(warm.metadata, { a: 'b' })
  t.assert.deepStrictEqual(cold, warm)
  t.assert.strictEqual('idempotencyKey' in warm, false)
})

test('an unnamed model is the default, or the one that the session prefers', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.submitRequest(context, submission({ model: '' }))
  requests.turns.preferredModel = 'preferred'
  await requests.submitRequest(context, submission({ model: '', sessionId }))
  t.assert.deepStrictEqual(
    requests.published.map(({ data }) => data['model']),
    ['default-model', 'preferred'],
  )
})

test('a prompt template becomes instructions, before those of the request', async (t: TestContext) => {
  const requests = await startRequests(t)
  const prompt = { id: 'voice', variables: { who: 'a pirate' } }
  const { requestId } = await requests.submitRequest(context, submission({ prompt, instructions: 'Be brief.' }))
  const input = await requests.inspect.getInput(context, { requestId })
  t.assert.strictEqual(input.instructions, 'Speak like a pirate.\n\nBe brief.')
})

test('a refused request leaves no row, no event and no reserved session', async (t: TestContext) => {
  const requests = await startRequests(t)
  const refused = [
    [submission({ items: [] }), 'INVALID_REQUEST'],
    [submission({ model: 'absent' }), 'MODEL_NOT_FOUND'],
    [submission({ model: 'absent', sessionId }), 'MODEL_NOT_FOUND'],
    [submission({ prompt: { id: 'absent' }, sessionId }), 'TEMPLATE_NOT_FOUND'],
    [submission({ sessionId: closedSessionId }), 'SESSION_CLOSED'],
    [submission({ previousResponseId: `resp_${'0'.repeat(32)}` }), 'PREVIOUS_RESPONSE_NOT_FOUND'],
  ] as const
  for (const [refusal, code] of refused) {
    await t.assert.rejects(requests.submitRequest(context, refusal), failsWith(code))
    await t.assert.rejects(requests.submitRequest(context, { ...refusal, idempotencyKey: code }), failsWith(code))
  }
  t.assert.strictEqual(await countRows(requests, 'requests'), 0)
  t.assert.strictEqual(await countRows(requests, 'idempotency_keys'), 0)
  t.assert.deepStrictEqual(requests.published, [])
  t.assert.strictEqual(requests.turns.active, null)
})

test('a transaction that fails lets go of the session', async (t: TestContext) => {
  const requests = await startRequests(t)
  await requests.store[Symbol.asyncDispose]()
  await t.assert.rejects(requests.submitRequest(context, submission({ sessionId })), failsWith('STORE_UNAVAILABLE'))
  t.assert.strictEqual(requests.turns.abandoned.length, 1)
  t.assert.strictEqual(requests.turns.active, null)
})

test("another tenant's response cannot be continued", async (t: TestContext) => {
  const requests = await startRequests(t)
  const stranger = testContext({ tenant: 'tenant-b' })
  const continued = submission({ previousResponseId })
  await requests.submitRequest(context, continued)
  await t.assert.rejects(requests.submitRequest(stranger, continued), failsWith('PREVIOUS_RESPONSE_NOT_FOUND'))
})
