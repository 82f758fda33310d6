import type { TestContext } from 'node:test'
import { BadRequestError, NotFoundError } from 'openai'
import { untilUpstreamCall } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

const message = (content: string) => ({ type: 'message' as const, role: 'user' as const, content })

export const conversationJourneys: readonly Journey[] = [
  journey('conversations: what was said is remembered over turns, streamed and not', async (t: TestContext, system) => {
    const client = system.client()
    const conversation = await client.conversations.create({
      items: [message('my name is Ada.')],
      metadata: { topic: 'names' },
    })
    t.assert.match(conversation.id, /^conv_/)
    t.assert.equal(conversation.object, 'conversation')
    t.assert.deepEqual(conversation.metadata, { topic: 'names' })
    const ask = (input: string) => client.responses.create({ model: 'memory', input, conversation: conversation.id })
    t.assert.equal((await ask('what is my name?')).output_text, 'Simulated answer: your name is Ada.')
    await ask('my colour is blue.')
    const stream = client.responses.stream({
      model: 'memory',
      input: 'what is my colour?',
      conversation: { id: conversation.id },
    })
    const response = await stream.finalResponse()
    t.assert.equal(response.output_text, 'Simulated answer: your colour is blue.')
    t.assert.equal(response.conversation?.id, conversation.id)
    t.assert.equal((await ask('what is my name?')).output_text, 'Simulated answer: your name is Ada.')
    const items = await Array.fromAsync(client.conversations.items.list(conversation.id, { order: 'asc' }))
    t.assert.equal(items.length, 9)
    t.assert.deepEqual(
      items.map((item) => (item.type === 'message' ? item.role : item.type)),
      ['user', 'user', 'assistant', 'user', 'assistant', 'user', 'assistant', 'user', 'assistant'],
    )
    t.assert.equal(new Set(items.map(({ id }) => id)).size, 9)
  }),

  journey('conversations: tool calls and their outputs are remembered', async (t: TestContext, system) => {
    const client = system.client()
    const { id } = await client.conversations.create()
    const tools = [{ type: 'function' as const, name: 'get_weather', parameters: {}, strict: false }]
    const first = await client.responses.create({
      model: 'memory-tools',
      input: 'get_weather',
      conversation: id,
      tools,
    })
    const [call] = first.output
    t.assert.ok(call?.type === 'function_call')
    const second = await client.responses.create({
      model: 'memory-tools',
      input: [{ type: 'function_call_output', call_id: call.call_id, output: 'hail' }],
      conversation: id,
      tools,
    })
    t.assert.equal(second.output_text, 'Simulated answer: get_weather returned “hail”.')
  }),

  journey('conversations: they are made, changed and deleted', async (t: TestContext, system) => {
    const { conversations, responses } = system.client()
    const { id, created_at } = await conversations.create({ metadata: { a: '1' } })
    t.assert.ok(Math.abs(created_at - Date.now() / 1_000) < 60)
    const changed = await conversations.update(id, { metadata: { b: '2' } })
    t.assert.deepEqual(changed.metadata, { b: '2' })
    t.assert.deepEqual(await conversations.retrieve(id), changed)
    t.assert.deepEqual(await conversations.delete(id), { id, object: 'conversation.deleted', deleted: true })
    await t.assert.rejects(conversations.retrieve(id), NotFoundError)
    await t.assert.rejects(conversations.delete(id), NotFoundError)
    await t.assert.rejects(conversations.items.list(id), NotFoundError)
    await t.assert.rejects(responses.create({ model: 'gone', input: 'hello', conversation: id }), NotFoundError)
  }),

  journey('conversations: items are added, paged, fetched and deleted', async (t: TestContext, system) => {
    const { conversations } = system.client()
    const { id } = await conversations.create()
    const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`)
    const added = await conversations.items.create(id, { items: texts.map(message) })
    t.assert.equal(added.data.length, 20)
    t.assert.equal(added.first_id, added.data[0]?.id)
    t.assert.equal(added.last_id, added.data.at(-1)?.id)
    await conversations.items.create(id, { items: [message('message 20')] })
    const newest = await conversations.items.list(id)
    t.assert.equal(newest.data.length, 20)
    t.assert.equal(newest.has_more, true)
    t.assert.equal(textOf(newest.data[0]), 'message 20')
    const all = await Array.fromAsync(conversations.items.list(id, { order: 'asc', limit: 7 }))
    t.assert.deepEqual(all.map(textOf), [...texts, 'message 20'])
    const fifth = all[5]
    t.assert.ok(fifth?.id)
    t.assert.deepEqual(await conversations.items.retrieve(fifth.id, { conversation_id: id }), fifth)
    const after = await conversations.items.delete(fifth.id, { conversation_id: id })
    t.assert.equal(after.id, id)
    await t.assert.rejects(conversations.items.retrieve(fifth.id, { conversation_id: id }), NotFoundError)
    await t.assert.rejects(conversations.items.list(id, { after: fifth.id }), NotFoundError)
    const rest = await Array.fromAsync(conversations.items.list(id, { limit: 100 }))
    t.assert.equal(rest.length, 20)
    await t.assert.rejects(
      conversations.items.create(id, { items: [...texts, 'one too many'].map(message) }),
      BadRequestError,
    )
    await t.assert.rejects(conversations.items.list(id, { limit: 101 }), BadRequestError)
  }),

  journey('conversations: while one response is active a second is refused', async (t: TestContext, system) => {
    const client = system.client()
    const { id } = await client.conversations.create()
    const stream = await client.responses.create({
      model: 'locked',
      input: '/simulate chunks=4 first_ms=10 interval_ms=200\nhello',
      conversation: id,
      stream: true,
    })
    const events = stream[Symbol.asyncIterator]()
    await events.next()
    await t.assert.rejects(
      client.responses.create({ model: 'locked-second', input: 'hello', conversation: id }),
      (error: unknown) => {
        t.assert.ok(error instanceof BadRequestError)
        t.assert.equal(error.code, 'conversation_locked')
        t.assert.equal(error.type, 'invalid_request_error')
        t.assert.equal(error.param, 'conversation')
        return true
      },
    )
    while (!(await events.next()).done);
    t.assert.equal((await untilUpstreamCall(system, 'locked')).ended, true)
    const next = await client.responses.create({ model: 'locked-third', input: 'hello', conversation: id })
    t.assert.equal(next.status, 'completed')
  }),

  journey(
    'conversations: a failed turn leaves nothing behind and frees the conversation',
    async (t: TestContext, system) => {
      const client = system.client()
      const { id } = await client.conversations.create()
      const failed = await client.responses
        .create({ model: 'failed-turn', input: '/simulate fail_status=500\nmy name is Eve.', conversation: id })
        .catch((error: unknown) => error)
      t.assert.ok(failed instanceof Error || (failed as { status: string }).status === 'failed')
      const next = await client.responses.create({ model: 'failed-turn', input: 'what is my name?', conversation: id })
      t.assert.equal(next.output_text, 'Simulated answer: you have not told me your name.')
      t.assert.equal((await client.conversations.items.list(id)).data.length, 2)
    },
  ),
]

function textOf(item: object | undefined): unknown {
  return item !== undefined && 'content' in item && Array.isArray(item.content) ? item.content[0]?.text : null
}
