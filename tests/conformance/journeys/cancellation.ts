import type { TestContext } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { NotFoundError } from 'openai'
import { untilUpstreamCall } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'
import { untilSettled } from '../requests.ts'

const endless = '/simulate chunks=10000 interval_ms=20\nhello'

export const cancellationJourneys: readonly Journey[] = [
  journey(
    'cancel: a client that leaves a plain stream stops the provider within a second',
    async (t: TestContext, system) => {
      const { client, key } = await system.newTenant()
      const stream = await client.chat.completions.create({
        model: 'leave-stream',
        messages: [{ role: 'user', content: endless }],
        stream: true,
      })
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
      stream.controller.abort()
      const leftMs = performance.now()
      const call = await untilUpstreamCall(system, 'leave-stream')
      await waitUntil(() => call.aborted, { what: 'the provider to be stopped' })
      t.assert.ok(performance.now() - leftMs < 1_000, `it took ${performance.now() - leftMs} ms`)
      const [entry] = await untilSettled(system, key, 1)
      t.assert.equal(entry?.status, 'cancelled')
    },
  ),

  journey(
    'cancel: a client that leaves before its whole answer stops the provider too',
    async (t: TestContext, system) => {
      const { client, key } = await system.newTenant()
      const controller = new AbortController()
      const asked = client.chat.completions.create(
        { model: 'leave-whole', messages: [{ role: 'user', content: '/simulate first_ms=60000\nhello' }] },
        { signal: controller.signal },
      )
      const call = await untilUpstreamCall(system, 'leave-whole')
      controller.abort()
      const leftMs = performance.now()
      await t.assert.rejects(asked)
      await waitUntil(() => call.aborted, { what: 'the provider to be stopped' })
      t.assert.ok(performance.now() - leftMs < 1_000)
      const [entry] = await untilSettled(system, key, 1)
      t.assert.equal(entry?.status, 'cancelled')
    },
  ),

  journey(
    'cancel: a stored response is cancelled once and for all, and keeps what it wrote',
    async (t: TestContext, system) => {
      const { client, key } = await system.newTenant()
      const { id: conversation } = await client.conversations.create()
      const stream = await client.responses.create({
        model: 'cancel-stored',
        input: endless,
        conversation,
        stream: true,
      })
      const events = []
      let id = ''
      let cancelling: Promise<unknown> | null = null
      for await (const event of stream) {
        events.push(event)
        if (event.type === 'response.created') id = event.response.id
        if (event.type === 'response.output_text.delta') cancelling ??= client.responses.cancel(id)
      }
      await cancelling
      const call = await untilUpstreamCall(system, 'cancel-stored')
      await waitUntil(() => call.aborted, { what: 'the provider to be stopped' })
      const cancelled = await client.responses.retrieve(id)
      t.assert.equal(cancelled.status, 'cancelled')
      t.assert.deepEqual(
        asKept(await client.responses.cancel(id)),
        asKept(cancelled),
        'cancelling twice changes nothing',
      )
      const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
      t.assert.ok(text.length > 0)
      t.assert.ok(cancelled.output_text === '' || cancelled.output_text === text)
      const [entry] = await untilSettled(system, key, 1)
      t.assert.equal(entry?.status, 'cancelled')
      const next = await client.responses.create({ model: 'cancel-next', input: 'hello', conversation })
      t.assert.equal(next.status, 'completed')
    },
  ),

  journey(
    'cancel: what has ended stays as it is, and what is not there cannot be cancelled',
    async (t: TestContext, system) => {
      const { responses } = system.client()
      const made = await responses.create({ model: 'cancel-late', input: 'hello' })
      t.assert.deepEqual(asKept(await responses.cancel(made.id)), asKept(made))
      await t.assert.rejects(responses.cancel('resp_absent'), NotFoundError)
    },
  ),
]

/** Without the field that the SDK adds to some of its answers. */
function asKept(response: object): object {
  const { output_text: _, ...kept } = { output_text: null, ...response }
  return kept
}
