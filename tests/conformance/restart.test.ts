import { describe, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import type OpenAI from 'openai'
import { APIConnectionError } from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { type Restartable, startRestartable } from '../harness/restartable.ts'
import { untilSettled } from './requests.ts'

/** The shortest that there is: how long a response of a dead process waits to be taken over. */
const leaseMs = 3_000
const env = { RESPONSE_LEASE_MS: String(leaseMs) }

/** The longest answer that is under way takes two seconds; the drain time is 25. */
const stopMs = 12_000

describe('a process that ends', { concurrency: 3 }, () => {
  test('SIGTERM under load: whatever was asked before is answered in full', async (t: TestContext) => {
    await using system = await startRestartable(env)
    const client = system.client()
    const load = new Load()
    const messages = (directives: string) => [{ role: 'user' as const, content: `/simulate ${directives}\nhello` }]
    const workers = [
      ...Array.from({ length: 6 }, () =>
        load.repeat(async () => {
          await client.chat.completions.create({ model: 'load', messages: messages('first_ms=20') })
        }),
      ),
      ...Array.from({ length: 4 }, () =>
        load.repeat(async () => {
          const asked = { model: 'load', messages: messages('chunks=10 interval_ms=20'), stream: true } as const
          const chunks = await Array.fromAsync(await client.chat.completions.create(asked))
          t.assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop')
        }),
      ),
    ]
    const long = client.responses.stream({ model: 'load', input: '/simulate chunks=40 interval_ms=50\nhello' })
    await waitUntil(() => load.answered >= 50, { timeoutMs: 20_000, pollMs: 5, what: 'load' })
    load.signalled = true
    const signalledMs = performance.now()
    system.program.signal('SIGTERM')
    t.assert.equal((await long.finalResponse()).status, 'completed')
    t.assert.deepEqual(await system.program.ended, { code: 0, signal: null })
    t.assert.ok(performance.now() - signalledMs < stopMs, 'it does not wait for connections that are idle')
    await Promise.all(workers)
    t.assert.deepEqual(load.failures, [])
    t.diagnostic(`${load.answered} requests were answered`)

    await system.startAgain()
    const rows = await untilSettled(system, system.key, load.answered + 1)
    t.assert.ok(rows.every(({ status }) => status === 'completed'))
  })

  test('SIGTERM with streams that would take too long: they break visibly, and end as interrupted', async (t: TestContext) => {
    await using system = await startRestartable({ ...env, DRAIN_TIMEOUT_MS: '300' })
    const { client: newClient } = system
    const seen = await readUntilText(newClient(), '/simulate chunks=1000 interval_ms=50\nhello')
    system.program.signal('SIGTERM')
    t.assert.deepEqual(await system.program.ended, { code: 0, signal: null })
    await seen.rest
    await system.startAgain()
    await checkInterrupted(t, system, seen)
  })

  test('SIGKILL after text was delivered: the response ends as interrupted, once', async (t: TestContext) => {
    await using system = await startRestartable(env)
    const client = system.client()
    const { id: conversation } = await client.conversations.create()
    const seen = await readUntilText(client, '/simulate chunks=1000 interval_ms=50\nmy name is Ada.', conversation)
    system.program.signal('SIGKILL')
    await system.program.ended
    await seen.rest
    await system.startAgain()
    await checkInterrupted(t, system, seen)
    const next = await client.responses.create({ model: 'after', input: 'what is my name?', conversation })
    t.assert.equal(next.output_text, 'Simulated answer: your name is Ada.')
  })

  test('SIGKILL before any text: the response is run again and completes', async (t: TestContext) => {
    await using system = await startRestartable(env)
    const client = system.client()
    const asked = client.responses.create({ model: 'again', input: '/simulate first_ms=1500\nhello' })
    asked.catch(() => {})
    await waitUntil(() => system.upstream.requestCount === 1, { what: 'the provider to be called' })
    system.program.signal('SIGKILL')
    await system.program.ended
    await t.assert.rejects(asked, APIConnectionError)
    await system.startAgain()
    const [row] = await untilSettled(system, system.key, 1)
    t.assert.ok(row !== undefined)
    t.assert.equal(row.status, 'completed')
    t.assert.equal(row.attempts, 2)
    t.assert.equal(system.upstream.requestCount, 2)
    const kept = await client.responses.retrieve(row.response_id)
    t.assert.equal(kept.output_text, 'Simulated answer: you said “hello”.')
  })
})

/** Requests one after the other, until one fails after the signal: then the process takes no more. */
class Load {
  answered = 0
  signalled = false
  readonly failures: string[] = []

  async repeat(work: () => Promise<void>): Promise<void> {
    while (true) {
      const wasSignalled = this.signalled
      try {
        await work()
        this.answered += 1
      } catch (error) {
        if (!wasSignalled || !(error instanceof APIConnectionError)) this.failures.push(String(error))
        return
      }
    }
  }
}

interface Seen {
  readonly id: string
  readonly events: ResponseStreamEvent[]
  /** Resolves when the connection has broken. */
  readonly rest: Promise<void>
}

/** Follows a stored response; resolves once the first text has come, and goes on reading. */
async function readUntilText(client: OpenAI, input: string, conversation?: string): Promise<Seen> {
  const stream = await client.responses.create({
    model: 'interrupted',
    input,
    stream: true,
    ...(conversation !== undefined && { conversation }),
  })
  const events: ResponseStreamEvent[] = []
  const read = async () => {
    for await (const event of stream) events.push(event)
  }
  const rest = read().catch(() => {})
  await waitUntil(() => events.some(({ type }) => type === 'response.output_text.delta'), { what: 'the first text' })
  const created = events.find((event) => event.type === 'response.created')
  return { id: created?.response.id ?? '', events, rest }
}

/** What was delivered is the beginning of what is kept, and the end is told once. */
async function checkInterrupted(t: TestContext, system: Restartable, { id, events }: Seen): Promise<void> {
  t.assert.notEqual(events.at(-1)?.type, 'response.completed')
  const client = system.client()
  const [row] = await untilSettled(system, system.key, 1)
  t.assert.ok(row !== undefined)
  t.assert.equal(row.status, 'incomplete')
  const kept = await client.responses.retrieve(id)
  t.assert.equal(kept.incomplete_details?.reason, 'interrupted')
  const replay = await Array.fromAsync(await client.responses.retrieve(id, { stream: true }))
  const delivered = events.filter(({ type }) => !/^response\.(incomplete|failed)$/.test(type))
  t.assert.deepEqual(replay.slice(0, delivered.length), delivered)
  t.assert.equal(replay.at(-1)?.type, 'response.failed')
  const text = replay.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
  t.assert.equal(kept.output_text, text)
  t.assert.equal(system.upstream.requestCount, 1, 'the provider is not asked again')
}
