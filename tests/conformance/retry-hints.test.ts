import { after, before, describe, type TestContext, test } from 'node:test'
import OpenAI from 'openai'
import { CountingFaults } from '../harness/counting-faults.ts'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'
import { untilSettled } from './requests.ts'

/** Tries of one call, after which its caller gives up: the first, and what it repeats while it waits some seconds. */
const tries = 12
const messages = [{ role: 'user' as const, content: 'hello' }]

/** What SDKs are told about sending a request again, since they resend the whole of it without an idempotency key. */
describe('retry hints', () => {
  const faults = new CountingFaults()
  let system: System
  before(async () => {
    system = await startSystem('one-process-strict', { faults })
  })
  after(() => system.stop())

  async function askWith(order: Parameters<CountingFaults['inject']>[0]) {
    faults.inject({ times: 1, ...order })
    const answer = await system.fetch('/v1/chat/completions', { body: { model: 'hints', messages } })
    faults.clear()
    const { headers, status } = answer
    return { status, shouldRetry: headers.get('x-should-retry'), retryAfterMs: headers.get('retry-after-ms') }
  }

  test('before a request is accepted, sending it again is invited', async (t: TestContext) => {
    const refused = await askWith({ service: 'request', call: 'submit', fault: 'unavailable', times: tries })
    t.assert.deepEqual([refused.status, refused.shouldRetry], [503, 'true'])
    t.assert.match(refused.retryAfterMs ?? '', /^\d+$/)
  })

  test('once it may have been accepted, it is not', async (t: TestContext) => {
    const failed = await askWith({ service: 'gpt', call: 'generate', fault: 'unknown-outcome' })
    t.assert.deepEqual([failed.status, failed.shouldRetry], [502, 'false'])
    const unknown = await askWith({ service: 'request', call: 'submit', fault: 'unknown-outcome', times: tries })
    t.assert.deepEqual([unknown.status, unknown.shouldRetry], [502, 'false'])
    // It was accepted all the same; what it calls must not meet the next fault.
    await untilSettled(system, system.key, 2)
  })

  test('an answer that was lost on its way is asked for again, and the request is accepted once', async (t: TestContext) => {
    const { key, client } = await system.newTenant()
    faults.inject({ service: 'request', call: 'submit', fault: 'unknown-outcome', times: 2 })
    const completion = await client.chat.completions.create({ model: 'hints', messages })
    t.assert.equal(completion.choices[0]?.finish_reason, 'stop')
    await untilSettled(system, key, 1)
  })

  test('the SDK follows the hints by itself: one request, one answer', async (t: TestContext) => {
    const { key } = await system.newTenant()
    const client = new OpenAI({ apiKey: key, baseURL: `${system.url}/v1` })
    faults.inject({ service: 'request', call: 'submit', fault: 'unavailable', times: tries })
    const completion = await client.chat.completions.create({ model: 'hints', messages })
    t.assert.equal(completion.choices[0]?.finish_reason, 'stop')
    await untilSettled(system, key, 1)
    faults.inject({ service: 'gpt', call: 'generate', fault: 'unknown-outcome', times: 1 })
    await t.assert.rejects(client.chat.completions.create({ model: 'hints', messages }), OpenAI.APIError)
    await untilSettled(system, key, 2)
  })
})
