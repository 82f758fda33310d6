import type { TestContext } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import type { MessageParam, Tool } from '@anthropic-ai/sdk/resources/messages'
import type { System } from '../../harness/system.ts'
import { type Journey, journey } from '../journey.ts'

const weatherTool: Tool = {
  name: 'get_weather',
  description: 'The weather of a place.',
  input_schema: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
}
const timeTool: Tool = { name: 'get_time', input_schema: { type: 'object', properties: {} } }

const ask = (content: MessageParam['content']): MessageParam[] => [{ role: 'user', content }]

export const messagesJourneys: readonly Journey[] = [
  journey('messages: a plain answer through the SDK of Anthropic', async (t: TestContext, system) => {
    const { data: message, response } = await anthropic(system)
      .messages.create({ model: 'claude', max_tokens: 500, system: 'Be brief.', messages: ask('hello') })
      .withResponse()
    t.assert.match(message.id, /^msg_[0-9a-f]{32}$/)
    t.assert.equal(message.type, 'message')
    t.assert.equal(message.role, 'assistant')
    t.assert.equal(message.model, 'claude')
    t.assert.equal(message.stop_reason, 'end_turn')
    t.assert.equal(message.stop_sequence, null)
    t.assert.match(textOf(message), /^Simulated answer/)
    t.assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0)
    t.assert.match(response.headers.get('request-id') ?? '', /^req_/)
  }),

  journey('messages: a stream says the same as the whole answer', async (t: TestContext, system) => {
    const wish = { model: 'claude-stream', max_tokens: 500, messages: ask('hello there') }
    const client = anthropic(system)
    const whole = await client.messages.create(wish)
    const stream = client.messages.stream(wish)
    const types: string[] = []
    let text = ''
    stream.on('streamEvent', ({ type }) => void types.push(type))
    stream.on('text', (delta) => {
      text += delta
    })
    const message = await stream.finalMessage()
    t.assert.equal(text, textOf(whole))
    t.assert.deepEqual(withoutId(message), withoutId(whole))
    t.assert.equal(types[0], 'message_start')
    t.assert.deepEqual(types.slice(-3), ['content_block_stop', 'message_delta', 'message_stop'])
    const raw = await system.fetch('/v1/messages?beta=true', { body: { ...wish, stream: true } })
    for (const event of (await raw.text()).trimEnd().split('\n\n')) {
      const [name, data] = event.split('\n')
      t.assert.equal(name, `event: ${JSON.parse(data?.slice('data: '.length) ?? '').type}`)
    }
  }),

  journey('messages: tools are called and their results answered, streamed or not', async (t: TestContext, system) => {
    const client = anthropic(system)
    const wish = { model: 'claude-tools', max_tokens: 500, tools: [weatherTool, timeTool] }
    const messages = ask('Use get_weather and get_time')
    const first = await client.messages.create({ ...wish, messages })
    t.assert.equal(first.stop_reason, 'tool_use')
    const uses = first.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []))
    t.assert.deepEqual(
      uses.map(({ name }) => name),
      ['get_weather', 'get_time'],
    )
    t.assert.deepEqual(Object.keys(uses[0]?.input ?? {}), ['place'])
    const streamed = await client.messages.stream({ ...wish, messages }).finalMessage()
    t.assert.deepEqual(streamed.content, first.content)
    messages.push(
      { role: 'assistant', content: first.content },
      {
        role: 'user',
        content: uses.map(({ id, name }) => ({
          type: 'tool_result' as const,
          tool_use_id: id,
          content: name === 'get_weather' ? 'sunny' : [{ type: 'text' as const, text: 'noon' }],
        })),
      },
    )
    const last = await client.messages.create({ ...wish, messages })
    t.assert.equal(last.stop_reason, 'end_turn')
    t.assert.match(textOf(last), /“sunny”/)
  }),

  journey('messages: tool_choice forces and forbids, one at a time when asked for', async (t: TestContext, system) => {
    const wish = { model: 'claude-choice', max_tokens: 500, tools: [weatherTool, timeTool] }
    const messages = ask('get_weather get_time')
    const create = (tool_choice: Anthropic.ToolChoice) =>
      anthropic(system).messages.create({ ...wish, messages, tool_choice })
    const names = ({ content }: Anthropic.Message) =>
      content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []))
    t.assert.deepEqual(names(await create({ type: 'tool', name: 'get_time' })), ['get_time'])
    t.assert.deepEqual(names(await create({ type: 'none' })), [])
    t.assert.equal(names(await create({ type: 'any', disable_parallel_tool_use: true })).length, 1)
  }),

  journey(
    'messages: limits, stop sequences and refusals end an answer by their name',
    async (t: TestContext, system) => {
      const { messages } = anthropic(system)
      const cut = await messages.create({ model: 'claude-ends', max_tokens: 2, messages: ask('hello') })
      t.assert.equal(cut.stop_reason, 'max_tokens')
      t.assert.equal(cut.usage.output_tokens, 2)
      const wish = { model: 'claude-ends', max_tokens: 500, messages: ask('hello'), stop_sequences: ['zzz', 'answer'] }
      const stopped = await messages.create(wish)
      t.assert.equal(stopped.stop_reason, 'stop_sequence')
      t.assert.equal(stopped.stop_sequence, 'answer')
      t.assert.equal((await messages.stream(wish).finalMessage()).stop_sequence, 'answer')
      const refusal = ask('/simulate refusal\nhello')
      const refused = await messages.create({ model: 'claude-ends', max_tokens: 500, messages: refusal })
      t.assert.equal(refused.stop_reason, 'refusal')
      t.assert.equal(refused.stop_details?.type, 'refusal')
    },
  ),

  journey('messages: thinking is shown to those who asked for it', async (t: TestContext, system) => {
    const { messages } = anthropic(system)
    const wish = {
      model: 'claude-thinking',
      max_tokens: 5_000,
      messages: ask('/simulate reasoning=5\nhello'),
    }
    const thinking = { type: 'enabled', budget_tokens: 1_024 } as const
    const types = ({ content }: Anthropic.Message) => content.map(({ type }) => type)
    const shown = await messages.create({ ...wish, thinking })
    t.assert.deepEqual(types(shown), ['thinking', 'text'])
    t.assert.deepEqual((await messages.stream({ ...wish, thinking }).finalMessage()).content, shown.content)
    t.assert.deepEqual(types(await messages.create(wish)), ['text'])
    t.assert.deepEqual(types(await messages.stream(wish).finalMessage()), ['text'])
    const next = await messages.create({
      ...wish,
      thinking,
      messages: [...wish.messages, { role: 'assistant', content: shown.content }, ...ask('and then?')],
    })
    t.assert.equal(next.stop_reason, 'end_turn')
  }),

  journey('messages: images, documents and cache marks are taken', async (t: TestContext, system) => {
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const message = await anthropic(system).beta.messages.create({
      model: 'claude-parts',
      max_tokens: 500,
      betas: ['a-beta-nobody-knows'],
      metadata: { user_id: 'someone' },
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A text.' }, title: 'T' },
            { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral', ttl: '1h' } },
          ],
        },
      ],
    })
    t.assert.equal(message.stop_reason, 'end_turn')
  }),

  journey('messages: tokens of the input are counted', async (t: TestContext, system) => {
    const { messages } = anthropic(system)
    const wish = { model: 'claude-count', messages: ask('How many tokens is this?') }
    const plain = await messages.countTokens(wish)
    const more = await messages.countTokens({ ...wish, system: 'Be brief.', tools: [weatherTool] })
    t.assert.ok(plain.input_tokens > 3)
    t.assert.ok(more.input_tokens > plain.input_tokens)
    t.assert.deepEqual(await anthropic(system).beta.messages.countTokens(wish), plain)
  }),

  journey('messages: models are listed and fetched by the SDK of Anthropic', async (t: TestContext, system) => {
    const { models } = anthropic(system)
    const listed = await Array.fromAsync(models.list())
    t.assert.ok(listed.length > 0)
    for (const { id, type, display_name: name, created_at: createdAt } of listed) {
      t.assert.deepEqual([type, name.length > 0, Number.isNaN(Date.parse(createdAt))], ['model', true, false])
      t.assert.equal((await models.retrieve(id)).id, id)
    }
  }),

  journey('messages: limits are told and kept in the words of Anthropic', async (t: TestContext, system) => {
    const { key } = await system.newKey({ requestsPerMinute: 1 })
    const { messages } = anthropic(system, { key })
    const wish = { model: 'claude-limits', max_tokens: 100, messages: ask('hello') }
    const { response } = await messages.create(wish).withResponse()
    t.assert.equal(response.headers.get('anthropic-ratelimit-requests-limit'), '1')
    t.assert.equal(response.headers.get('anthropic-ratelimit-requests-remaining'), '0')
    t.assert.ok(Date.parse(response.headers.get('anthropic-ratelimit-requests-reset') ?? '') > 0)
    await t.assert.rejects(messages.create(wish), isError(429, 'rate_limit_error'))
  }),

  journey('messages: what is wrong is said in the words of Anthropic', async (t: TestContext, system) => {
    const wish = { model: 'claude-errors', max_tokens: 500, messages: ask('hello') }
    await t.assert.rejects(
      anthropic(system, { key: 'wrong' }).messages.create(wish),
      isError(401, 'authentication_error'),
    )
    const { messages } = anthropic(system)
    const foreign: Anthropic.ToolUnion = { type: 'web_search_20250305', name: 'web_search' }
    await t.assert.rejects(
      messages.create({ ...wish, tools: [foreign] }),
      isError(400, 'invalid_request_error', /tools\[0\]\.type/),
    )
    await t.assert.rejects(
      messages.create({ ...wish, max_tokens: 0 }),
      isError(400, 'invalid_request_error', /max_tokens/),
    )
    const failing = (directive: string) => ({ ...wish, messages: ask(`/simulate ${directive}\nhello`) })
    await t.assert.rejects(
      messages.create(failing('fail_status=404 fail_code=model_not_found')),
      isError(404, 'not_found_error'),
    )
    await t.assert.rejects(messages.create(failing('fail_status=429')), isError(429, 'rate_limit_error'))
    await t.assert.rejects(messages.stream(failing('fail_status=500')).finalMessage(), isError(502, 'api_error'))
    await t.assert.rejects(
      messages.stream(failing('fail_after=3 chunks=8')).finalMessage(),
      (error: unknown) => error instanceof Anthropic.APIError && error.type === 'api_error',
    )
    const answer = await system.fetch('/v1/messages', { body: wish, headers: { 'anthropic-version': '1999-01-01' } })
    t.assert.equal(answer.status, 400)
    const older = await system.fetch('/v1/messages', { body: wish, headers: { 'anthropic-version': '2023-06-01' } })
    t.assert.equal(older.status, 200)
  }),
]

function anthropic({ url, key: presetKey }: System, { key = presetKey }: { key?: string } = {}): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, timeout: 20_000 })
}

function textOf({ content }: Anthropic.Message): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
}

/** What the answer says; the stream helper adds a field of its own to what came. */
function withoutId({ id: _, ...message }: Anthropic.Message & { parsed_output?: unknown }): object {
  const { parsed_output: _parsed, ...said } = message
  return said
}

function isError(status: number, type: string, message?: RegExp) {
  return (error: unknown) =>
    error instanceof Anthropic.APIError &&
    error.status === status &&
    error.type === type &&
    /^req_/.test(error.requestID ?? '') &&
    (message === undefined || message.test(error.message))
}
