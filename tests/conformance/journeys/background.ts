import type { TestContext } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { BadRequestError } from 'openai'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import { untilUpstreamCall } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

const timeoutMs = 15_000

export const backgroundJourneys: readonly Journey[] = [
  journey(
    'background: a response is answered at once and fetched when it has ended',
    async (t: TestContext, system) => {
      const { responses } = system.client()
      const input = '/simulate chunks=4 interval_ms=100\nhello'
      const begun = await responses.create({ model: 'background', input, background: true })
      t.assert.equal(begun.background, true)
      t.assert.match(begun.status ?? '', /^(queued|in_progress)$/)
      t.assert.deepEqual(begun.output, [])
      let latest = begun
      await waitUntil(
        async () => {
          latest = await responses.retrieve(begun.id)
          return latest.status === 'completed'
        },
        { timeoutMs, pollMs: 30, what: 'the response to end' },
      )
      t.assert.equal(latest.background, true)
      t.assert.match(latest.output_text, /you said “hello”/)
      const next = await responses.create({ model: 'background', input: 'more', previous_response_id: begun.id })
      t.assert.match(next.output_text, /earlier messages/)
    },
  ),

  journey('background: a stream begins queued, and is taken up again while it runs', async (t: TestContext, system) => {
    const { responses } = system.client()
    const stream = await responses.create({
      model: 'background-stream',
      input: '/simulate chunks=6 interval_ms=60\nhello',
      background: true,
      stream: true,
    })
    const types: string[] = []
    let id = ''
    let last = -1
    for await (const event of stream) {
      types.push(event.type)
      last = event.sequence_number
      if (event.type === 'response.created') {
        id = event.response.id
        t.assert.equal(event.response.status, 'queued')
      }
      if (event.type === 'response.output_text.delta') break
    }
    stream.controller.abort()
    t.assert.deepEqual(types.slice(0, 3), ['response.created', 'response.queued', 'response.in_progress'])
    const rest = await Array.fromAsync(await responses.retrieve(id, { stream: true, starting_after: last }))
    t.assert.equal(rest[0]?.sequence_number, last + 1)
    t.assert.equal(rest.at(-1)?.type, 'response.completed')
    const text = async (query: string) => (await system.fetch(`/v1/responses/${id}?stream=true${query}`)).text()
    const whole = await text('')
    t.assert.equal(await text(''), whole)
    const events = parseEvents(whole).filter(({ data }) => data !== doneMark)
    t.assert.equal(events.length, last + 1 + rest.length)
  }),

  journey('background: one that was not streamed can be followed', async (t: TestContext, system) => {
    const { responses } = system.client()
    const input = '/simulate chunks=5 interval_ms=60\nhello'
    const { id } = await responses.create({ model: 'background-follow', input, background: true })
    const events = await Array.fromAsync(await responses.retrieve(id, { stream: true }))
    t.assert.ok(events.filter(({ type }) => type === 'response.output_text.delta').length > 1, 'piece by piece')
    t.assert.equal(events.at(-1)?.type, 'response.completed')
  }),

  journey('background: a cancel stops the provider, twice is once', async (t: TestContext, system) => {
    const { responses } = system.client()
    const input = '/simulate chunks=200 interval_ms=50\nhello'
    const { id } = await responses.create({ model: 'background-cancel', input, background: true })
    const call = await untilUpstreamCall(system, 'background-cancel')
    const cancelled = await responses.cancel(id)
    t.assert.equal(cancelled.status, 'cancelled')
    t.assert.deepEqual(await responses.cancel(id), cancelled)
    t.assert.equal((await responses.retrieve(id)).status, 'cancelled')
    await waitUntil(() => call.aborted, { timeoutMs, what: 'the provider to be let go' })
    await responses.delete(id)
  }),

  journey('background: a failure is told by the response', async (t: TestContext, system) => {
    const { responses } = system.client()
    const input = '/simulate fail_status=400\nhello'
    const { id } = await responses.create({ model: 'background-failure', input, background: true })
    let latest = await responses.retrieve(id)
    await waitUntil(
      async () => {
        latest = await responses.retrieve(id)
        return latest.status === 'failed'
      },
      { timeoutMs, pollMs: 30, what: 'the response to fail' },
    )
    t.assert.equal(latest.error?.code, 'invalid_prompt')
  }),

  journey('background: what is not kept cannot be fetched later', async (t: TestContext, system) => {
    const { responses } = system.client()
    await t.assert.rejects(
      responses.create({ model: 'background', input: 'x', background: true, store: false }),
      (error: unknown) => error instanceof BadRequestError && error.param === 'background',
    )
  }),
]
