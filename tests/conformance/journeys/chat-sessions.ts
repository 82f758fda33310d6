import type { TestContext } from 'node:test'
import { APIError } from 'openai'
import { type Journey, journey } from '../journey.ts'

export const chatSessionJourneys: readonly Journey[] = [
  journey('chat: the header x-parley-session gives a chat client memory', async (t: TestContext, system) => {
    const client = system.client()
    const { id } = await client.conversations.create()
    const headers = { 'x-parley-session': id }
    const say = (content: string) => ({ model: 'chat-session', messages: [{ role: 'user' as const, content }] })
    await client.chat.completions.create(say('My name is Ada.'), { headers })
    await client.chat.completions.stream(say('I like tea.'), { headers }).finalChatCompletion()
    const { usage } = await client.chat.completions.create(say('What is my name?'), { headers })
    const alone = await client.chat.completions.create(say('What is my name?'))
    t.assert.ok((usage?.prompt_tokens ?? 0) > (alone.usage?.prompt_tokens ?? 0), 'earlier turns are part of the input')
    const items = await client.conversations.items.list(id, { order: 'asc' })
    t.assert.deepEqual(
      items.data.map((item) => (item.type === 'message' ? item.role : item.type)),
      ['user', 'assistant', 'user', 'assistant', 'user', 'assistant'],
    )
  }),

  journey('messages: the header x-parley-session gives memory here too', async (t: TestContext, system) => {
    const client = system.client()
    const { id } = await client.conversations.create()
    const body = { model: 'chat-session', max_tokens: 100, messages: [{ role: 'user', content: 'My name is Ada.' }] }
    const answer = await system.fetch('/v1/messages', { body, headers: { 'x-parley-session': id } })
    t.assert.equal(answer.status, 200)
    t.assert.equal((await client.conversations.items.list(id)).data.length, 2)
  }),

  journey('chat: a session that is not there, or cannot be used so, is refused', async (t: TestContext, system) => {
    const client = system.client()
    const wish = { model: 'chat-session', messages: [{ role: 'user' as const, content: 'hello' }] }
    const isError = (status: number, code: string) => (error: unknown) =>
      error instanceof APIError && error.status === status && error.code === code
    const absent = { 'x-parley-session': `conv_${'0'.repeat(32)}` }
    await t.assert.rejects(client.chat.completions.create(wish, { headers: absent }), isError(404, 'session_not_found'))
    const { id } = await client.conversations.create()
    await t.assert.rejects(
      client.chat.completions.create({ ...wish, n: 2 }, { headers: { 'x-parley-session': id } }),
      isError(400, 'unsupported_parameter'),
    )
    await t.assert.rejects(
      client.chat.completions.create(wish, { headers: { 'x-parley-session': 'a b' } }),
      isError(400, 'invalid_request'),
    )
  }),
]
