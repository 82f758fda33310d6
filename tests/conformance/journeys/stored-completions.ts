import type { TestContext } from 'node:test'
import { NotFoundError } from 'openai'
import { type Journey, journey } from '../journey.ts'

export const storedCompletionJourneys: readonly Journey[] = [
  journey('stored completions: kept, found, changed and deleted', async (t: TestContext, system) => {
    const { client } = await system.newTenant()
    const { completions } = client.chat
    const made = await completions.create({
      model: 'stored-chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hello', name: 'ada' },
      ],
      store: true,
      metadata: { topic: 'greeting' },
    })
    const found = await completions.retrieve(made.id)
    t.assert.deepEqual(found.choices, made.choices)
    t.assert.deepEqual(found.usage, made.usage)
    t.assert.equal(found.created, made.created)
    t.assert.deepEqual((found as { metadata?: object }).metadata, { topic: 'greeting' })
    const messages = await completions.messages.list(made.id)
    t.assert.deepEqual(
      messages.data.map(({ role, content }) => [role, content]),
      [
        ['system', 'Be brief.'],
        ['user', 'hello'],
      ],
    )
    const changed = await completions.update(made.id, { metadata: { topic: 'farewell' } })
    t.assert.deepEqual((changed as { metadata?: object }).metadata, { topic: 'farewell' })
    t.assert.equal((await completions.list({ metadata: { topic: 'greeting' } })).data.length, 0)
    t.assert.equal((await completions.list({ metadata: { topic: 'farewell' } })).data[0]?.id, made.id)
    const { deleted, object } = await completions.delete(made.id)
    t.assert.deepEqual([deleted, object], [true, 'chat.completion.deleted'])
    await t.assert.rejects(completions.retrieve(made.id), NotFoundError)
    await t.assert.rejects(completions.delete(made.id), NotFoundError)
  }),

  journey('stored completions: listed page by page, and no others with them', async (t: TestContext, system) => {
    const { client } = await system.newTenant()
    const { completions } = client.chat
    const ids: string[] = []
    for (const [index, model] of ['stored-a', 'stored-b', 'stored-a'].entries()) {
      const messages = [{ role: 'user' as const, content: `question ${index}` }]
      if (index === 1) {
        const stream = completions.stream({ model, messages, store: true })
        ids.push((await stream.finalChatCompletion()).id)
      } else ids.push((await completions.create({ model, messages, store: true })).id)
    }
    const unstored = await completions.create({ model: 'stored-a', messages: [{ role: 'user', content: 'x' }] })
    const response = await client.responses.create({ model: 'stored-a', input: 'x' })
    const seen: string[] = []
    for await (const { id } of await completions.list({ limit: 2 })) seen.push(id)
    t.assert.deepEqual(seen, ids)
    const newest = await completions.list({ order: 'desc', limit: 1 })
    t.assert.deepEqual([newest.data[0]?.id, newest.has_more], [ids[2], true])
    t.assert.equal((await completions.list({ model: 'stored-b' })).data.length, 1)
    await t.assert.rejects(completions.retrieve(unstored.id), NotFoundError)
    await t.assert.rejects(completions.retrieve(response.id.replace('resp_', 'chatcmpl-')), NotFoundError)
  }),
]
