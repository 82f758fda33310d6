import type { TestContext } from 'node:test'
import { BadRequestError, NotFoundError } from 'openai'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import { untilUpstreamCall } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

export const storedResponseJourneys: readonly Journey[] = [
  journey(
    'stored: a chain of responses remembers, and instructions are not carried over',
    async (t: TestContext, system) => {
      const { responses } = system.client()
      const first = await responses.create({
        model: 'chain',
        input: 'my colour is green.',
        instructions: 'Answer in verse.',
      })
      const second = await responses.create({
        model: 'chain',
        input: 'what is my colour?',
        previous_response_id: first.id,
      })
      t.assert.equal(second.output_text, 'Simulated answer: your colour is green.')
      t.assert.equal(second.previous_response_id, first.id)
      t.assert.equal(second.instructions, null)
      const third = await responses.create({
        model: 'chain',
        input: 'what is my colour?',
        previous_response_id: second.id,
      })
      t.assert.equal(third.output_text, 'Simulated answer: your colour is green.')
      const branch = await responses.create({ model: 'chain', input: 'hello', previous_response_id: first.id })
      t.assert.equal(branch.output_text, 'Simulated answer: you said “hello”. I see 2 earlier messages.')
    },
  ),

  journey('stored: chaining at once after the terminal event works', async (t: TestContext, system) => {
    const { responses } = system.client()
    const stream = await responses.create({ model: 'chain-stream', input: 'my colour is red.', stream: true })
    for await (const event of stream) {
      if (event.type !== 'response.completed') continue
      const next = await responses.create({
        model: 'chain-stream',
        input: 'what is my colour?',
        previous_response_id: event.response.id,
      })
      t.assert.equal(next.output_text, 'Simulated answer: your colour is red.')
    }
  }),

  journey(
    'stored: a response is retrieved as it was answered, and gone once deleted',
    async (t: TestContext, system) => {
      const { responses } = system.client()
      const made = await responses.create({ model: 'stored', input: 'hello', metadata: { kept: 'yes' } })
      t.assert.deepEqual(await responses.retrieve(made.id), made)
      const deleted = await system.fetch(`/v1/responses/${made.id}`, { method: 'DELETE' })
      t.assert.deepEqual(await deleted.json(), { id: made.id, object: 'response', deleted: true })
      await t.assert.rejects(responses.retrieve(made.id), NotFoundError)
      await t.assert.rejects(responses.delete(made.id), NotFoundError)
      await t.assert.rejects(responses.inputItems.list(made.id), NotFoundError)
      await t.assert.rejects(
        responses.create({ model: 'stored', input: 'hello', previous_response_id: made.id }),
        (error: unknown) =>
          error instanceof BadRequestError &&
          error.code === 'previous_response_not_found' &&
          error.param === 'previous_response_id',
      )
    },
  ),

  journey('stored: with store false nothing is kept', async (t: TestContext, system) => {
    const { responses } = system.client()
    const made = await responses.create({ model: 'unstored', input: 'hello', store: false })
    t.assert.equal('store' in made ? made.store : null, false)
    t.assert.equal(made.output_text, 'Simulated answer: you said “hello”.')
    await t.assert.rejects(responses.retrieve(made.id), NotFoundError)
    await t.assert.rejects(
      responses.create({ model: 'unstored', input: 'hello', previous_response_id: made.id }),
      (error: unknown) => error instanceof BadRequestError && error.code === 'previous_response_not_found',
    )
  }),

  journey('stored: input items are paged, newest first unless asked otherwise', async (t: TestContext, system) => {
    const { responses } = system.client()
    const input = ['one', 'two', 'three', 'four', 'five'].map((content) => ({ role: 'user' as const, content }))
    const { id } = await responses.create({ model: 'input-items', input })
    const textsOf = (items: readonly object[]) =>
      items.map((item) => ('content' in item && Array.isArray(item.content) ? item.content[0].text : null))
    const ascending = await Array.fromAsync(responses.inputItems.list(id, { order: 'asc', limit: 2 }))
    t.assert.deepEqual(textsOf(ascending), ['one', 'two', 'three', 'four', 'five'])
    const page = await responses.inputItems.list(id, { limit: 2 })
    t.assert.deepEqual(textsOf(page.data), ['five', 'four'])
    t.assert.equal(page.has_more, true)
    const after = page.data[1]?.id ?? ''
    const next = await responses.inputItems.list(id, { limit: 3, after, include: ['reasoning.encrypted_content'] })
    t.assert.deepEqual(textsOf(next.data), ['three', 'two', 'one'])
    t.assert.equal(next.has_more, false)
    await t.assert.rejects(responses.inputItems.list(id, { after: 'msg_absent' }), NotFoundError)
  }),

  journey('stored: a stream is resumed after any event with the same bytes', async (t: TestContext, system) => {
    const answer = await system.fetch('/v1/responses', {
      body: { model: 'resume', input: '/simulate chunks=6 reasoning=2\nhello', stream: true },
    })
    const text = await answer.text()
    const events = parseEvents(text)
    const id = /resp_[0-9a-f]{32}/.exec(text)?.[0] ?? ''
    const replay = await system.fetch(`/v1/responses/${id}?stream=true`)
    t.assert.equal(await replay.text(), text)
    const blocks = text.split('\n\n').slice(0, -1)
    const count = events.filter(({ data }) => data !== doneMark).length
    for (const after of [0, 1, Math.floor(count / 2), count - 2, count - 1]) {
      const rest = await system.fetch(`/v1/responses/${id}?stream=true&starting_after=${after}`)
      t.assert.equal(await rest.text(), `${blocks.slice(after + 1).join('\n\n')}\n\n`, `after ${after}`)
    }
    const stream = await system.client().responses.retrieve(id, { stream: true, starting_after: 2 })
    const resumed = await Array.fromAsync(stream)
    t.assert.equal(resumed[0]?.sequence_number, 3)
    t.assert.equal(resumed.at(-1)?.type, 'response.completed')
  }),

  journey('stored: a client that went away comes back to a response that went on', async (t: TestContext, system) => {
    const client = system.client()
    const stream = await client.responses.create({
      model: 'come-back',
      input: '/simulate chunks=8 interval_ms=40\nhello',
      stream: true,
    })
    let id = ''
    let last = -1
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id
      last = event.sequence_number
      if (event.type === 'response.output_text.delta') break
    }
    stream.controller.abort()
    const resumed = await client.responses.retrieve(id, { stream: true, starting_after: last })
    const events = await Array.fromAsync(resumed)
    t.assert.deepEqual(
      events.map(({ sequence_number }) => sequence_number),
      events.map((_, index) => last + 1 + index),
    )
    t.assert.equal(events.at(-1)?.type, 'response.completed')
    t.assert.equal((await untilUpstreamCall(system, 'come-back')).aborted, false)
    const helper = client.responses.stream({ response_id: id, starting_after: last })
    t.assert.equal((await helper.finalResponse()).status, 'completed')
  }),
]
