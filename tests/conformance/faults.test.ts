import { describe, type TestContext, test } from 'node:test'
import type { Fault } from '@parley/chassis/contract/faults.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { APIConnectionError, APIError, OpenAIError } from 'openai'
import { CountingFaults } from '../harness/counting-faults.ts'
import { startSystem } from '../harness/start-system.ts'
import type { System, Tenant } from '../harness/system.ts'
import { listRequests, untilSettled } from './requests.ts'

/** What one service asks of another in the scenario below. */
const calls = [
  'session.createSession',
  'session.listItems',
  'session.beginTurn',
  'session.buildContext',
  'session.appendTurn',
  'gpt.getModel',
  'gpt.generate',
  'gpt.listModels',
  'request.submit',
  'request.getInput',
  'request.listRequests',
  'request.listLedger',
  'request.deliver',
  'response.deliver',
  'response.follow',
  'response.getResponse',
  'response.cancel',
  'response.deleteResponse',
] as const
const faults: readonly Fault[] = ['unavailable', 'unknown-outcome', 'timeout']

const requestTimeoutMs = 4_000
const turnLeaseMs = 4_000
/** Beyond its own time a request may wait for work that cannot be interrupted, and for a busy machine. */
const answerMs = requestTimeoutMs + 8_000

const env = {
  GATEWAY_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
  SESSION_TURN_LEASE_MS: String(turnLeaseMs),
  SESSION_RESERVATION_MS: String(turnLeaseMs),
}

describe('one failing call between services', { concurrency: 8 }, () => {
  for (const target of calls) {
    test(`${target}: clients get an answer or an error in time, and everything works afterwards`, async (t) => {
      const injector = new CountingFaults()
      await using system = await startSystem('one-process-strict', { env, faults: injector })
      const [service = '', call = ''] = target.split('.')
      for (const fault of faults) {
        const tenant = await system.newTenant()
        const struckBefore = injector.struck
        injector.inject({ service, call, fault, times: 1 })
        const kept = await runScenario(t, tenant, { what: `${target} ${fault}`, model: `faults-${fault}` })
        injector.clear()
        t.assert.equal(injector.struck - struckBefore, 1, `${target} ${fault} struck`)
        await checkAfterwards(t, system, tenant, kept)
      }
    })
  }
})

interface Kept {
  conversation: string | null
}

/** Uses every call once or more. Each step ends, well or with an error of the API. What is known of a model is cached. */
async function runScenario(
  t: TestContext,
  { client }: Tenant,
  { what, model }: { what: string; model: string },
): Promise<Kept> {
  const kept: Kept = { conversation: null }
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T | null> => {
    const startedMs = performance.now()
    try {
      return await work()
    } catch (error) {
      t.assert.ok(isClear(error), `${what}, ${name}: ${String(error)}`)
      return null
    } finally {
      const tookMs = performance.now() - startedMs
      t.assert.ok(tookMs < answerMs, `${what}, ${name} took ${Math.round(tookMs)} ms`)
    }
  }
  const { chat, responses, conversations, models } = client
  const messages = [{ role: 'user' as const, content: 'hello' }]
  await step('models', () => models.list())
  await step('chat', () => chat.completions.create({ model, messages }))
  await step('chat stream', async () => {
    const chunks = await Array.fromAsync(await chat.completions.create({ model, messages, stream: true }))
    t.assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop', `${what}: a stream that ends well is complete`)
  })
  const conversation = await step('conversation', () => conversations.create())
  kept.conversation = conversation?.id ?? (await conversations.create()).id
  const turn = { model, conversation: kept.conversation }
  await step('turn', () => responses.create({ ...turn, input: 'turn one' }))
  await step('turn stream', async () => {
    const events = await Array.fromAsync(await responses.create({ ...turn, input: 'turn two', stream: true }))
    t.assert.match(events.at(-1)?.type ?? '', /^response\.(completed|failed|incomplete)$/, what)
  })
  await step('items', () => conversations.items.list(turn.conversation))
  const stored = await step('stored', () => responses.create({ model, input: 'hello' }))
  if (stored !== null) {
    await step('retrieve', () => responses.retrieve(stored.id))
    await step('chain', () => responses.create({ model, input: 'hello', previous_response_id: stored.id }))
    await step('cancel', () => responses.cancel(stored.id))
    await step('delete', () => responses.delete(stored.id))
  }
  await step('requests', async () => client.get('/../parley/requests'))
  await step('ledger', async () => client.get('/../parley/ledger'))
  return kept
}

/** The errors that the API promises: an answer with a status and an envelope, or a connection that broke visibly. */
function isClear(error: unknown): boolean {
  if (error instanceof APIConnectionError) return true
  if (error instanceof APIError) return error.error === undefined || 'message' in (error.error as object)
  return error instanceof OpenAIError || (error instanceof TypeError && error.message === 'terminated')
}

/** The conversation is free again at most one lease later, and each accepted request has exactly one ledger row. */
async function checkAfterwards(t: TestContext, system: System, { client, key }: Tenant, kept: Kept): Promise<void> {
  const conversation = kept.conversation ?? ''
  const turn = () => client.responses.create({ model: 'faults', input: 'the last turn', conversation })
  let answered = await turn().catch((error: unknown) => error)
  await waitUntil(
    async () => {
      if (answered instanceof APIError && answered.code === 'conversation_locked') {
        answered = await turn().catch((error: unknown) => error)
        return false
      }
      return true
    },
    { timeoutMs: turnLeaseMs + 8_000, pollMs: 100, what: 'the conversation to be free' },
  )
  if (answered instanceof Error) throw answered
  const accepted = await listRequests(system, key)
  const rows = await untilSettled(system, key, accepted.length)
  t.assert.deepEqual(rows.map(({ id }) => id).sort(), accepted.map(({ id }) => id).sort())
  const items = await Array.fromAsync(client.conversations.items.list(conversation, { order: 'asc', limit: 100 }))
  const texts = items.flatMap((item) =>
    item.type === 'message' && item.role === 'user' ? [JSON.stringify(item.content)] : [],
  )
  t.assert.equal(new Set(texts).size, texts.length, 'each turn is in the conversation once')
  t.assert.equal(new Set(items.map(({ id }) => id)).size, items.length)
}
