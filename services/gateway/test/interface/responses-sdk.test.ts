import { type TestContext, test } from 'node:test'
import type { ResponseStep } from '@parley/kernel/frames.ts'
import OpenAI from 'openai'
import { fromArray } from '../fakes.ts'
import { callSteps, endStep, numbered, startStep, textSteps } from '../frames.ts'
import { type Harness, startHarness } from '../harness.ts'

const responseId = 'resp_00000000000000000000000000000001'

function script(gateway: Harness, steps: readonly ResponseStep[]): void {
  const frames = numbered(steps)
  gateway.fakes.script = (_context, after) => fromArray(frames, after)
}

test('a response carries every field that is always there', async (t: TestContext) => {
  await using gateway = await startHarness()
  const response = await gateway.client().responses.create({ input: 'Hello' })
  const { output_text: text, ...plain } = JSON.parse(JSON.stringify(response))
  t.assert.strictEqual(text, 'Hello')
  t.assert.deepStrictEqual(plain, {
    id: responseId,
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    background: false,
    completed_at: 1_700_000_002,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    model: 'simulated',
    output: [
      {
        id: 'msg_1',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
      },
    ],
    parallel_tool_calls: true,
    previous_response_id: null,
    conversation: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: true,
    temperature: 1,
    top_p: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    truncation: 'disabled',
    usage: {
      input_tokens: 11,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 18,
    },
    prompt: null,
    user: null,
    metadata: {},
    access_programs: null,
  })
})

test('what was asked for is shown back, known to Parley or not', async (t: TestContext) => {
  await using gateway = await startHarness()
  const response = await gateway.client().responses.create({
    model: 'simulated',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    instructions: 'Be brief.',
    metadata: { a: 'b' },
    temperature: 0.5,
    max_output_tokens: 99,
    max_tool_calls: 3,
    reasoning: { effort: 'low', summary: 'auto' },
    text: { format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
    tools: [
      { type: 'function', name: 'look_up', parameters: { type: 'object' }, strict: false },
      { type: 'web_search' },
    ],
    tool_choice: { type: 'function', name: 'look_up' },
    truncation: 'auto',
    user: 'u1',
    prompt_cache_key: 'cache',
    safety_identifier: 'safe',
    conversation: { id: 'conv_1' },
  })
  t.assert.strictEqual(response.instructions, 'Be brief.')
  t.assert.deepStrictEqual(response.metadata, { a: 'b' })
  t.assert.strictEqual(response.temperature, 0.5)
  t.assert.strictEqual(response.max_output_tokens, 99)
  t.assert.strictEqual(response.max_tool_calls, 3)
  t.assert.deepStrictEqual(response.reasoning, { summary: 'auto', effort: 'low' })
  t.assert.strictEqual(response.text?.verbosity, 'low')
  t.assert.strictEqual(response.text?.format?.type, 'json_schema')
  t.assert.deepStrictEqual(
    response.tools.map(({ type }) => type),
    ['function', 'web_search'],
  )
  t.assert.deepStrictEqual(response.tool_choice, { type: 'function', name: 'look_up' })
  t.assert.strictEqual(response.truncation, 'auto')
  t.assert.strictEqual(response.prompt_cache_key, 'cache')
  t.assert.deepStrictEqual(response.conversation, { id: 'conv_1' })
  const { options } = gateway.fakes.submissions[0]?.submission ?? {}
  t.assert.deepStrictEqual(options?.native, {
    dialect: 'responses',
    parameters: {
      max_tool_calls: 3,
      reasoning: { summary: 'auto' },
      text: { verbosity: 'low' },
      tools: [{ type: 'web_search' }],
      user: 'u1',
      prompt_cache_key: 'cache',
      safety_identifier: 'safe',
    },
  })
})

const everything: ResponseStep[] = [
  startStep(),
  { type: 'item-start', index: 0, item: { type: 'reasoning', id: 'rs_1', status: 'in_progress', summary: [] } },
  { type: 'reasoning-delta', index: 0, delta: 'think' },
  {
    type: 'item-end',
    index: 0,
    item: {
      type: 'reasoning',
      id: 'rs_1',
      status: 'completed',
      summary: [{ type: 'summary_text', text: 'short' }],
      content: [{ type: 'reasoning_text', text: 'think' }],
    },
  },
  ...textSteps(['Hel', 'lo'], 1),
  ...callSteps(2, 1, ['{"a"', ':1}']),
  endStep({ finish: 'tool-calls' }),
]

test('the stream helper accepts every kind of item and ends with the same response', async (t: TestContext) => {
  await using gateway = await startHarness()
  script(gateway, everything)
  const stream = gateway.client().responses.stream({ model: 'simulated', input: 'Hello' })
  const types: string[] = []
  for await (const event of stream) types.push(event.type)
  const final = await stream.finalResponse()
  t.assert.strictEqual(final.output_text, 'Hello')
  t.assert.deepStrictEqual(
    final.output.map(({ id }) => id),
    ['rs_1', 'msg_1', 'fc_1'],
  )
  t.assert.deepStrictEqual(types.slice(0, 3), [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
  ])
  t.assert.strictEqual(types.at(-1), 'response.completed')
})

test('a stored response replays byte by byte, from any event on', async (t: TestContext) => {
  await using gateway = await startHarness()
  script(gateway, everything)
  const live = await (await gateway.post('/v1/responses', { model: 'simulated', input: 'Hi', stream: true })).text()
  const replayed = await (await gateway.fetch(`/v1/responses/${responseId}?stream=true`)).text()
  t.assert.strictEqual(replayed, live)
  const rest = await (await gateway.fetch(`/v1/responses/${responseId}?stream=true&starting_after=3`)).text()
  const events = live.split('\n\n').slice(0, -1)
  t.assert.strictEqual(rest, `${events.slice(4).join('\n\n')}\n\n`)
  const resumed = gateway.client().responses.stream({ response_id: responseId, starting_after: 3 })
  t.assert.strictEqual((await resumed.finalResponse()).output_text, 'Hello')
})

test('a failure in the middle is an event, an early one a status, and a replay of either is events', async (t: TestContext) => {
  await using gateway = await startHarness()
  const failure = { code: 'PROVIDER_STALLED', message: 'The provider stopped writing.', status: 504 }
  const failed = endStep({ status: 'failed', finish: null, failure, usage: null })
  script(gateway, [startStep(), ...textSteps(['Hel']).slice(0, 2), failed])
  const stream = gateway.client().responses.stream({ model: 'simulated', input: 'Hello' })
  const final = await stream.finalResponse()
  t.assert.strictEqual(final.status, 'failed')
  t.assert.deepStrictEqual(final.error, { code: 'server_error', message: 'The provider stopped writing.' })
  script(gateway, [startStep(), failed])
  const creation = gateway.client().responses.create({ model: 'simulated', input: 'Hello', stream: true })
  await t.assert.rejects(creation, (error: unknown) => error instanceof OpenAI.APIError && error.status === 504)
  const replay = await (await gateway.fetch(`/v1/responses/${responseId}?stream=true`)).text()
  t.assert.match(replay, /event: response\.failed\n/)
})

test('an interrupted response keeps its text and says that it is incomplete', async (t: TestContext) => {
  await using gateway = await startHarness()
  const cut = endStep({ status: 'incomplete', finish: null, incompleteReason: 'interrupted' })
  script(gateway, [startStep(), ...textSteps(['Hel', 'lo']).slice(0, 2), cut])
  const stream = gateway.client().responses.stream({ model: 'simulated', input: 'Hello' })
  const final = await stream.finalResponse()
  t.assert.strictEqual(final.status, 'incomplete')
  t.assert.deepStrictEqual(final.incomplete_details, { reason: 'interrupted' })
  t.assert.strictEqual(final.output_text, 'Hel')
  t.assert.strictEqual(final.output[0]?.type === 'message' && final.output[0].status, 'incomplete')
})

test('responses are retrieved, cancelled, listed and deleted', async (t: TestContext) => {
  await using gateway = await startHarness()
  const client = gateway.client()
  await client.responses.create({ model: 'simulated', input: 'Hello' })
  t.assert.strictEqual((await client.responses.retrieve(responseId)).output_text, 'Hello')
  t.assert.strictEqual((await client.responses.cancel(responseId)).status, 'cancelled')
  const page = await client.responses.inputItems.list(responseId)
  t.assert.strictEqual(page.data[0]?.type, 'message')
  t.assert.strictEqual(page.has_more, false)
  await client.responses.delete(responseId)
  await t.assert.rejects(client.responses.retrieve(responseId), OpenAI.NotFoundError)
})

test('a prompt template shows as the instructions that it became', async (t: TestContext) => {
  await using gateway = await startHarness()
  const client = gateway.client()
  const prompt = { id: 'greeting', variables: { name: 'Ada', other: { type: 'input_text' as const, text: 'x' } } }
  const response = await client.responses.create({ prompt })
  t.assert.strictEqual(response.instructions, 'rendered greeting')
  const { submission } = gateway.fakes.submissions[0] ?? {}
  t.assert.deepStrictEqual(submission?.prompt, {
    id: 'greeting',
    version: null,
    variables: { name: 'Ada', other: 'x' },
  })
  t.assert.strictEqual(submission?.model, '')
})

test('conversations and their items behave as the SDK expects', async (t: TestContext) => {
  await using gateway = await startHarness()
  const client = gateway.client()
  const item = (content: string) => ({ role: 'user' as const, content })
  const conversation = await client.conversations.create({ items: [item('1')], metadata: { topic: 'x' } })
  t.assert.deepStrictEqual(Object.keys(conversation).sort(), ['created_at', 'id', 'metadata', 'object'])
  const added = await client.conversations.items.create(conversation.id, { items: [item('2'), item('3')] })
  t.assert.strictEqual(added.object, 'list')
  t.assert.strictEqual(added.data.length, 2)
  const texts: unknown[] = []
  for await (const found of client.conversations.items.list(conversation.id, { limit: 1, order: 'asc' })) {
    if (found.type === 'message') texts.push(found.content[0])
  }
  t.assert.deepStrictEqual(
    texts,
    ['1', '2', '3'].map((text) => ({ type: 'input_text', text })),
  )
  const id = added.first_id
  const one = await client.conversations.items.retrieve(id, { conversation_id: conversation.id })
  t.assert.strictEqual(one.type === 'message' && one.status, 'completed')
  const left = await client.conversations.items.delete(id, { conversation_id: conversation.id })
  t.assert.strictEqual(left.object, 'conversation')
  const renamed = await client.conversations.update(conversation.id, { metadata: { topic: 'y' } })
  t.assert.deepStrictEqual(renamed.metadata, { topic: 'y' })
  const gone = await client.conversations.delete(conversation.id)
  t.assert.deepStrictEqual(gone, { id: conversation.id, object: 'conversation.deleted', deleted: true })
  await t.assert.rejects(client.conversations.retrieve(conversation.id), OpenAI.NotFoundError)
})

test('what cannot be honoured is refused by name', async (t: TestContext) => {
  await using gateway = await startHarness()
  const cases: [object, string][] = [
    [{ input: 'x', background: true, store: false }, 'background'],
    [{ input: 'x', top_logprobs: 21 }, 'top_logprobs'],
    [{ input: 'x', conversation: 'conv_1', previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{}, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input'],
    [{ input: [{ type: 'computer_call', id: 'cu_1' }] }, 'input[0].type'],
    [{ input: [{ role: 'user', content: [{ type: 'input_video' }] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'nobody', content: 'x' }] }, 'input[0].role'],
    [{ input: 'x', tools: [{ type: 'function', name: 'not a name' }] }, 'tools[0].name'],
    [{ input: 'x', tool_choice: { type: 'function', name: 'absent' } }, 'tool_choice'],
    [{ input: 'x', tool_choice: { type: 'web_search' } }, 'tool_choice'],
    [{ input: 'x', text: { format: { type: 'json_schema', name: 'x' } } }, 'text.format.schema'],
    [{ input: 'x', temperature: 3 }, 'temperature'],
    [{ input: 'x', metadata: { a: 1 } }, 'metadata.a'],
    [{ input: 'x', model: '' }, 'model'],
  ]
  for (const [body, param] of cases) {
    const answer = await gateway.post('/v1/responses', body)
    const { error } = (await answer.json()) as { error: { param: string; message: string } }
    t.assert.strictEqual(answer.status, 400, JSON.stringify(body))
    t.assert.strictEqual(error.param, param, JSON.stringify(body))
  }
  t.assert.strictEqual(gateway.fakes.submissions.length, 0)
})
