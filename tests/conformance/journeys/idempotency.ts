import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { System } from '../../harness/system.ts'
import { upstreamCalls } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

interface Sent {
  readonly status: number
  readonly text: string
}

async function send(system: System, key: string, body: object, path = '/v1/responses'): Promise<Sent> {
  const answer = await system.fetch(path, { body, headers: { 'idempotency-key': key } })
  return { status: answer.status, text: await answer.text() }
}

export const idempotencyJourneys: readonly Journey[] = [
  journey(
    'idempotency: the same key and body are one request, another body is refused',
    async (t: TestContext, system) => {
      const key = randomUUID()
      const body = { model: 'once', input: 'hello' }
      const first = await send(system, key, body)
      const again = await send(system, `"${key}"`, body)
      t.assert.equal(first.status, 200)
      t.assert.deepEqual(again, first)
      t.assert.equal(upstreamCalls(system, 'once').length, 1)
      const other = await send(system, key, { ...body, input: 'goodbye' })
      t.assert.equal(other.status, 422)
      t.assert.equal(JSON.parse(other.text).error.code, 'idempotency_key_reused')
      const otherRoute = await send(
        system,
        key,
        { model: 'once-chat', messages: [{ role: 'user', content: 'hello' }] },
        '/v1/chat/completions',
      )
      t.assert.equal(otherRoute.status, 200, 'a key belongs to its route')
      const { key: otherKey } = await system.newTenant()
      const otherTenant = await system.fetch('/v1/responses', {
        key: otherKey,
        headers: { 'idempotency-key': key },
        body: { model: 'once-elsewhere', input: 'hello' },
      })
      t.assert.equal(otherTenant.status, 200, 'a key belongs to its tenant')
      t.assert.equal(upstreamCalls(system, 'once-elsewhere').length, 1)
    },
  ),

  journey(
    'idempotency: twenty at once are one request and one call of the provider',
    async (t: TestContext, system) => {
      for (const stream of [false, true]) {
        const key = randomUUID()
        const model = `twenty-${stream}`
        const body = { model, input: '/simulate chunks=5 interval_ms=20\nhello', stream }
        const answers = await Promise.all(Array.from({ length: 20 }, () => send(system, key, body)))
        t.assert.equal(answers[0]?.status, 200)
        for (const answer of answers) t.assert.deepEqual(answer, answers[0])
        t.assert.equal(upstreamCalls(system, model).length, 1)
        t.assert.deepEqual(await send(system, key, body), answers[0], 'and a late one gets the same')
      }
    },
  ),

  journey('idempotency: a chat stream that is not stored is replayed too', async (t: TestContext, system) => {
    const key = randomUUID()
    const body = {
      model: 'once-stream',
      messages: [{ role: 'user', content: '/simulate chunks=5\nhello' }],
      stream: true,
      stream_options: { include_usage: true },
    }
    const first = await send(system, key, body, '/v1/chat/completions')
    t.assert.match(first.text, /\[DONE\]/)
    t.assert.deepEqual(await send(system, key, body, '/v1/chat/completions'), first)
    t.assert.equal(upstreamCalls(system, 'once-stream').length, 1)
  }),

  journey('idempotency: a request that was refused did not use up its key', async (t: TestContext, system) => {
    const key = randomUUID()
    const refused = await send(system, key, { model: 'retry', input: 'hello', temperature: 9 })
    t.assert.equal(refused.status, 400)
    const mended = await send(system, key, { model: 'retry', input: 'hello', temperature: 1 })
    t.assert.equal(mended.status, 200)
  }),
]
