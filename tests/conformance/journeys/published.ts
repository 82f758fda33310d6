import type { TestContext } from 'node:test'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import type { FetchInit, System } from '../../harness/system.ts'
import { type PublishedName, publishedProblems } from '../../published/published-schema.ts'
import { type Journey, journey } from '../journey.ts'

const tool = { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} } }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

const bodies: Readonly<Record<string, object>> = {
  text: { input: 'hello', instructions: 'Be brief.', metadata: { a: 'b' } },
  tools: { input: 'call weather', tools: [tool], parallel_tool_calls: false },
  reasoning: { input: '/simulate reasoning=2\nhello', reasoning: { effort: 'low', summary: 'auto' } },
  refusal: { input: '/simulate refusal\nhello' },
  format: { input: 'hello', text: { format: { type: 'json_schema', name: 'n', schema, strict: true } } },
  certainty: { input: 'hello', include: ['message.output_text.logprobs'], top_logprobs: 2 },
  custom: { input: 'call notes', tools: [{ type: 'custom', name: 'notes' }] },
  limit: { input: 'hello there', max_output_tokens: 1 },
  filter: { input: '/simulate finish=content_filter\nhello' },
  unstored: { input: 'hello', store: false, temperature: 0, top_p: 0.5 },
}

/** Asks, and holds the answer to OpenAI's own description. */
async function fits(
  t: TestContext,
  system: System,
  name: PublishedName,
  [path, init]: readonly [string, FetchInit?],
): Promise<Record<string, unknown>> {
  const answer = await system.fetch(path, init)
  const body = (await answer.json()) as Record<string, unknown>
  t.assert.equal(answer.status, 200, `${path}: ${JSON.stringify(body)}`)
  t.assert.deepEqual(publishedProblems(name, body), [], path)
  return body
}

export const publishedJourneys: readonly Journey[] = [
  journey("published: responses fit OpenAI's description, whole and streamed", async (t: TestContext, system) => {
    for (const [what, body] of Object.entries(bodies)) {
      const ask = { model: 'published', ...body }
      const made = await fits(t, system, 'Response', ['/v1/responses', { body: ask }])
      if (made['store'] === true) {
        await fits(t, system, 'Response', [`/v1/responses/${made['id']}`])
        await fits(t, system, 'Response', [`/v1/responses/${made['id']}/cancel`, { method: 'POST' }])
        await fits(t, system, 'ResponseItemList', [`/v1/responses/${made['id']}/input_items`])
      }
      const stream = await system.fetch('/v1/responses', { body: { ...ask, stream: true } })
      for (const { data } of parseEvents(await stream.text())) {
        if (data !== doneMark) t.assert.deepEqual(publishedProblems('ResponseStreamEvent', data), [], what)
      }
    }
  }),

  journey("published: background, counting and compaction fit OpenAI's description", async (t: TestContext, system) => {
    const begun = await fits(t, system, 'Response', [
      '/v1/responses',
      { body: { model: 'published', input: '/simulate chunks=3 interval_ms=30\nhello', background: true } },
    ])
    await fits(t, system, 'Response', [`/v1/responses/${begun['id']}`])
    const stream = await system.fetch(`/v1/responses/${begun['id']}?stream=true`)
    for (const { data } of parseEvents(await stream.text())) {
      if (data !== doneMark) t.assert.deepEqual(publishedProblems('ResponseStreamEvent', data), [])
    }
    const body = { model: 'published', input: 'hello' }
    await fits(t, system, 'TokenCountsResource', ['/v1/responses/input_tokens', { body }])
    await fits(t, system, 'CompactResource', ['/v1/responses/compact', { body }])
  }),

  journey("published: conversations and their items fit OpenAI's description", async (t: TestContext, system) => {
    const items = [
      { role: 'user', content: 'hello' },
      { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'fine' },
    ]
    const { id } = await fits(t, system, 'ConversationResource', ['/v1/conversations', { body: { items } }])
    const path = `/v1/conversations/${id}`
    await fits(t, system, 'ConversationResource', [path])
    await fits(t, system, 'ConversationResource', [path, { body: { metadata: { a: 'b' } } }])
    await fits(t, system, 'Response', [
      '/v1/responses',
      { body: { model: 'published', input: 'hi', conversation: id } },
    ])
    const added = await fits(t, system, 'ConversationItemList', [`${path}/items`, { body: { items } }])
    await fits(t, system, 'ConversationItemList', [`${path}/items?limit=2`])
    const [first] = added['data'] as { id: string }[]
    await fits(t, system, 'ConversationItem', [`${path}/items/${first?.id}`])
    await fits(t, system, 'ConversationResource', [`${path}/items/${first?.id}`, { method: 'DELETE' }])
    await fits(t, system, 'DeletedConversationResource', [path, { method: 'DELETE' }])
    const empty = await fits(t, system, 'ConversationResource', ['/v1/conversations', { body: {} }])
    await fits(t, system, 'ConversationItemList', [`/v1/conversations/${empty['id']}/items`])
  }),

  journey("published: chat, models and errors fit OpenAI's description", async (t: TestContext, system) => {
    const messages = [{ role: 'user', content: 'hello' }]
    const body = { model: 'published', messages }
    await fits(t, system, 'CreateChatCompletionResponse', ['/v1/chat/completions', { body }])
    const stream = await system.fetch('/v1/chat/completions', { body: { ...body, stream: true } })
    for (const { data } of parseEvents(await stream.text())) {
      if (data !== doneMark) t.assert.deepEqual(publishedProblems('CreateChatCompletionStreamResponse', data), [])
    }
    const { data } = await fits(t, system, 'ListModelsResponse', ['/v1/models'])
    const [first] = data as { id: string }[]
    await fits(t, system, 'Model', [`/v1/models/${encodeURIComponent(first?.id ?? '')}`])
    const refused = await system.fetch('/v1/responses', { body: { input: 5 } })
    t.assert.deepEqual(publishedProblems('ErrorResponse', await refused.json()), [])
  }),
]
