import type { TestContext } from 'node:test'
import { BadRequestError } from 'openai'
import { upstreamCalls } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

const tool = (name: string) => ({
  type: 'function' as const,
  name,
  parameters: { type: 'object', properties: {}, additionalProperties: false },
  strict: true,
})

/** Parameters that change the answer and cannot be honoured, by the field that the refusal names. */
const refused: readonly (readonly [param: string, body: object])[] = [
  ['top_logprobs', { top_logprobs: 21 }],
  ['tool_choice', { tool_choice: { type: 'web_search' }, tools: [{ type: 'web_search' }] }],
  ['tool_choice', { tool_choice: { type: 'custom', name: 'c' } }],
  ['tool_choice', { tool_choice: { type: 'function', name: 'absent' }, tools: [tool('f')] }],
  ['tool_choice.tools[0]', { tool_choice: { type: 'allowed_tools', tools: [{ type: 'function', name: 'absent' }] } }],
  ['moderation.policy.output.mode', { moderation: { model: 'm', policy: { output: { mode: 'block' } } } }],
  ['access_programs.cyber', { access_programs: { cyber: 'daybreak_red' } }],
  ['response_format', { response_format: { type: 'json_object' } }],
  ['max_tokens', { max_tokens: 5 }],
  ['stop', { stop: ['x'] }],
  ['truncation', { truncation: 'sometimes' }],
  ['background', { background: true, store: false }],
]

/** What clients send and what changes nothing about the answer. */
const accepted: object = {
  client_metadata: { a: 'b' },
  context_management: [{ type: 'compaction', compact_threshold: 1_000 }],
  include: ['reasoning.encrypted_content', 'message.input_image.image_url'],
  max_tool_calls: 3,
  moderation: { model: 'omni-moderation-latest' },
  prompt_cache_key: 'key',
  prompt_cache_options: { mode: 'implicit' },
  prompt_cache_retention: '24h',
  safety_identifier: 'someone',
  service_tier: 'flex',
  stream_options: { include_obfuscation: false },
  tools: [{ type: 'namespace', name: 'n', description: 'd', tools: [tool('inner')] }, { type: 'web_search' }],
  user: 'someone',
}

export const responseParameterJourneys: readonly Journey[] = [
  journey(
    'parameters: what changes the answer and is not honoured is refused by name',
    async (t: TestContext, system) => {
      for (const [param, extra] of refused) {
        const answer = await system.fetch('/v1/responses', { body: { model: 'refused', input: 'hello', ...extra } })
        const { error } = (await answer.json()) as { error: { param: string; message: string } }
        t.assert.deepEqual([answer.status, error.param], [400, param], JSON.stringify(extra))
      }
      t.assert.deepEqual(upstreamCalls(system, 'refused'), [])
    },
  ),

  journey('parameters: what changes nothing is accepted, and shown again', async (t: TestContext, system) => {
    const answer = await system.fetch('/v1/responses', { body: { model: 'accepted', input: 'hello', ...accepted } })
    const body = (await answer.json()) as Record<string, unknown>
    t.assert.equal(answer.status, 200, JSON.stringify(body))
    t.assert.deepEqual(
      [body['max_tool_calls'], body['prompt_cache_key'], body['safety_identifier'], body['service_tier'], body['user']],
      [3, 'key', 'someone', 'flex', 'someone'],
    )
    const kept = await system.client().responses.retrieve(String(body['id']))
    t.assert.deepEqual(kept.tools, body['tools'])
  }),

  journey('tools: of those allowed one must be called, the others are not offered', async (t: TestContext, system) => {
    const { responses } = system.client()
    const choice = {
      type: 'allowed_tools' as const,
      mode: 'required' as const,
      tools: [{ type: 'function', name: 'second' }],
    }
    const response = await responses.create({
      model: 'allowed-tools',
      input: 'call first and second',
      tools: [tool('first'), tool('second')],
      tool_choice: choice,
    })
    t.assert.deepEqual(
      response.output.map((item) => (item.type === 'function_call' ? item.name : item.type)),
      ['second'],
    )
    t.assert.deepEqual(response.tool_choice, choice)
    t.assert.equal(response.tools.length, 2)
  }),

  journey(
    'tools: parallel calls are answered in the next turn, by chain and by conversation',
    async (t: TestContext, system) => {
      const { responses, conversations } = system.client()
      const ask = { model: 'parallel-tools', tools: [tool('east'), tool('west')] }
      const conversation = (await conversations.create()).id
      for (const by of ['chain', 'conversation'] as const) {
        const first = await responses.create({
          ...ask,
          input: 'call east and west',
          ...(by === 'conversation' && { conversation }),
        })
        const calls = first.output.filter((item) => item.type === 'function_call')
        t.assert.equal(calls.length, 2, by)
        const second = await responses.create({
          ...ask,
          input: calls.map(({ call_id, name }) => ({
            type: 'function_call_output',
            call_id,
            output: `${name} is fine`,
          })),
          ...(by === 'conversation' ? { conversation } : { previous_response_id: first.id }),
        })
        t.assert.match(second.output_text, /east is fine/, by)
        t.assert.match(second.output_text, /west is fine/, by)
      }
    },
  ),

  journey(
    'truncation: earlier turns are cut, or the request fails when that is forbidden',
    async (t: TestContext, system) => {
      const { responses } = system.client()
      const model = 'truncation'
      const long = 'word '.repeat(12_000)
      const first = await responses.create({ model, input: long })
      const chained = { model, input: 'hello', previous_response_id: first.id }
      t.assert.equal((await responses.create(chained)).truncation, 'auto')
      const cut = await responses.create({ ...chained, truncation: 'auto' })
      t.assert.ok((cut.usage?.input_tokens ?? 0) < 5_000, 'the long turn was left out')
      const whole = await responses.create({ ...chained, truncation: 'disabled' })
      t.assert.ok((whole.usage?.input_tokens ?? 0) > 10_000, 'nothing was left out')
      t.assert.equal(whole.truncation, 'disabled')
      const huge = Array.from({ length: 12 }, (_, index) => ({ role: 'user' as const, content: `${index} ${long}` }))
      const second = await responses.create({ model, input: huge.slice(0, 6), previous_response_id: first.id })
      const third = await responses.create({ model, input: huge.slice(6), previous_response_id: second.id })
      await t.assert.rejects(
        responses.create({ model, input: huge, previous_response_id: third.id, truncation: 'disabled' }),
        (error: unknown) => error instanceof BadRequestError && error.code === 'context_length_exceeded',
      )
      const shortened = await responses.create({ model, input: [...huge, ...huge], truncation: 'auto' })
      t.assert.equal(shortened.status, 'completed')
    },
  ),

  journey('input tokens: they are counted for text, tools and what is continued', async (t: TestContext, system) => {
    const { responses, conversations } = system.client()
    const count = async (body: Parameters<typeof responses.inputTokens.count>[0]) => {
      const counted = await responses.inputTokens.count({ model: 'counted', ...body })
      t.assert.equal(counted.object, 'response.input_tokens')
      return counted.input_tokens
    }
    const short = await count({ input: 'hello' })
    t.assert.ok(short > 0)
    t.assert.ok((await count({ input: 'hello', instructions: 'Answer in verse.' })) > short)
    t.assert.ok((await count({ input: 'hello', tools: [tool('f')] })) > short)
    const first = await responses.create({ model: 'counted', input: 'one two three four' })
    const chained = await count({ input: 'hello', previous_response_id: first.id })
    t.assert.ok(chained > short)
    const second = await responses.create({ model: 'counted', input: 'hello', previous_response_id: first.id })
    t.assert.ok((await count({ input: 'hello', previous_response_id: second.id })) > chained)
    const conversation = await conversations.create({
      items: [{ type: 'message', role: 'user', content: 'one two three four' }],
    })
    t.assert.ok((await count({ input: 'hello', conversation: conversation.id })) > short)
    await t.assert.rejects(count({}), BadRequestError)
    await t.assert.rejects(
      count({ input: 'hello', previous_response_id: `resp_${'0'.repeat(32)}` }),
      (error: unknown) => error instanceof BadRequestError && error.code === 'previous_response_not_found',
    )
  }),

  journey('compaction: a summary stands for earlier turns, and a model reads it', async (t: TestContext, system) => {
    const { responses } = system.client()
    const model = 'compacted'
    const first = await responses.create({ model, input: 'my name is Ada.' })
    const compacted = await responses.compact({ model, previous_response_id: first.id })
    t.assert.equal(compacted.object, 'response.compaction')
    t.assert.deepEqual(
      compacted.output.map(({ type }) => type),
      ['message', 'compaction'],
    )
    t.assert.ok(compacted.usage.output_tokens > 0)
    const question = { role: 'user' as const, content: 'what is my name?' }
    const next = await responses.create({ model, input: [...compacted.output, question] as never })
    t.assert.match(next.output_text, /your name is Ada/)
    const listed = await responses.inputItems.list(next.id, { order: 'asc' })
    t.assert.deepEqual(listed.data[1], compacted.output[1])
    await t.assert.rejects(
      responses.create({ model, input: [{ type: 'compaction', encrypted_content: 'of somebody else' }] }),
      (error: unknown) => error instanceof BadRequestError && error.param === 'input',
    )
  }),

  journey('input: an item of a stored response can be named by its id', async (t: TestContext, system) => {
    const { responses } = system.client()
    const model = 'references'
    const first = await responses.create({ model, input: 'call east', tools: [tool('east')] })
    const [call] = first.output
    t.assert.ok(call?.type === 'function_call')
    const next = await responses.create({
      model,
      input: [
        { role: 'user', content: 'call east' },
        { type: 'item_reference', id: call.id ?? '' },
        { type: 'function_call_output', call_id: call.call_id, output: 'east is fine' },
      ],
    })
    t.assert.match(next.output_text, /east is fine/)
    const { data } = await responses.inputItems.list(next.id, { order: 'asc' })
    t.assert.deepEqual(data[1], call)
    const named = (client: typeof responses, id: string) =>
      client.create({ model, input: [{ type: 'item_reference', id }] })
    const isRefused = (error: unknown) => error instanceof BadRequestError && error.param === 'input'
    await t.assert.rejects(named(responses, 'fc_absent'), isRefused)
    await t.assert.rejects(named((await system.newTenant()).client.responses, call.id ?? ''), isRefused)
    await responses.delete(first.id)
    await t.assert.rejects(named(responses, call.id ?? ''), isRefused)
  }),

  journey('input: images, files and reasoning are kept, and shown as they came', async (t: TestContext, system) => {
    const { responses } = system.client()
    const image_url = 'data:image/png;base64,aGVsbG8='
    const file_data = 'data:application/pdf;base64,aGVsbG8='
    const made = await responses.create({
      model: 'media',
      input: [
        {
          type: 'reasoning',
          id: 'rs_own',
          summary: [{ type: 'summary_text', text: 's' }],
          encrypted_content: 'secret',
        },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'hello' },
            { type: 'input_image', image_url, detail: 'low' },
            { type: 'input_file', file_data, filename: 'a.pdf' },
          ],
        },
      ],
    })
    const { data } = await responses.inputItems.list(made.id, {
      order: 'asc',
      include: ['reasoning.encrypted_content'],
    })
    const [reasoning, message] = data
    t.assert.ok(reasoning?.type === 'reasoning' && message?.type === 'message')
    t.assert.equal(reasoning.encrypted_content, 'secret')
    t.assert.deepEqual(
      message.content.map(({ type }) => type),
      ['input_text', 'input_image', 'input_file'],
    )
  }),
]
