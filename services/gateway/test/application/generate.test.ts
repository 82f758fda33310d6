import { describe, type TestContext, test } from 'node:test'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createLatch } from '@parley/testkit/latch.ts'
import { createFollowResponse } from '../../application/follow-response.ts'
import { createGenerate } from '../../application/generate.ts'
import type { ResponseClient } from '../../application/ports.ts'
import { scopeDepartures } from '../../infrastructure/scope-departures.ts'

const accepted = { requestId: 'req_1', responseId: 'resp_1', acceptedAt: 0, replayed: false }
const start = { seq: 0, step: { type: 'response-start' as const, createdAt: 0, model: 'm' } }
const input = {
  model: 'm',
  instructions: null,
  prompt: null,
  items: [],
  options: {},
  delivery: 'whole' as const,
  store: false,
  sessionId: null,
  previousResponseId: null,
  metadata: {},
}

/** A caller, and a response whose followers are counted. */
function setUp() {
  const caller = new AbortController()
  const submitting = createLatch()
  const answer = createLatch<typeof accepted>()
  const left = createLatch<string>()
  const follow: ResponseClient['follow'] = async function* (_context, { responseId }) {
    try {
      yield start
    } finally {
      left.open(responseId)
    }
  }
  const generate = createGenerate({
    requests: {
      submit: () => {
        submitting.open()
        return answer.wait()
      },
    },
    responses: { follow },
    followResponse: createFollowResponse({ responses: { follow }, sleep: async () => {} }),
    departures: scopeDepartures,
    newId,
  })
  return { caller, submitting, answer, left, generate, context: testContext({ signal: caller.signal }) }
}

describe('a caller that leaves before the first frame', () => {
  test('has its plain response followed and left in its place', async (t: TestContext) => {
    const { caller, submitting, answer, left, generate, context } = setUp()
    const generation = generate(context, { input, idempotencyKey: null, onAccepted: () => {} })
    await submitting.wait()
    caller.abort()
    answer.open(accepted)
    await generation
    t.assert.equal(await left.wait(), 'resp_1')
  })

  test('leaves a stored response running', async (t: TestContext) => {
    const { caller, answer, left, generate, context } = setUp()
    answer.open(accepted)
    await generate(context, { input: { ...input, store: true }, idempotencyKey: null, onAccepted: () => {} })
    caller.abort()
    t.assert.equal(left.isOpen, false)
  })

  test('after the first frame is the follower itself', async (t: TestContext) => {
    const { caller, answer, left, generate, context } = setUp()
    answer.open(accepted)
    const { frames } = await generate(context, { input, idempotencyKey: null, onAccepted: () => {} })
    const reader = frames[Symbol.asyncIterator]()
    t.assert.deepEqual((await reader.next()).value, start)
    caller.abort()
    t.assert.equal(left.isOpen, false)
  })
})
