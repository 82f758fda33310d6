import { type TestContext, test } from 'node:test'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import { testContext } from '@parley/testkit/context.ts'
import { flavourOf } from '../../infrastructure/chat-flavour.ts'
import { encodeResponsesBody } from '../../infrastructure/openai-responses-encode.ts'
import { anthropicClientOf, clientOf, responsesClientOf } from '../client-of.ts'
import { collect, modelRequest, userMessage } from '../model-steps.ts'
import { events, send, startRecordedUpstream } from '../recorded-upstream.ts'

const compatible = flavourOf(new URL('http://127.0.0.1:9/v1'))
const openAi = flavourOf(new URL('https://api.openai.com/v1'))

function bodyOf({ items, options = {} }: { items?: Item[]; options?: GenerationOptions }, flavour = compatible) {
  const more = { options, ...(items !== undefined && { items }) }
  return JSON.parse(encodeResponsesBody(modelRequest('hello', more), flavour))
}

const sealed: Item = {
  type: 'reasoning',
  id: 'rs_own',
  status: 'completed',
  summary: [{ type: 'summary_text', text: 's' }],
  encrypted_content: 'sealed',
  native: { dialect: 'responses', fields: { id: 'rs_theirs' } },
}
const chat = (parameters: Record<string, unknown>) => ({ native: { dialect: 'chat' as const, parameters } })
const own = (parameters: Record<string, unknown>) => ({ native: { dialect: 'responses' as const, parameters } })

test('nothing is asked to be stored, and a stream is asked for when it is wanted', (t: TestContext) => {
  t.assert.deepEqual(bodyOf({}), {
    model: 'simulated',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
    store: false,
    stream: true,
  })
})

test('reasoning goes back under the id that its provider knows, and what it cannot read is left out', (t: TestContext) => {
  const open: Item = { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] }
  const signed: Item = { ...sealed, signature: 'of another' }
  const foreign: Item = { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'kept by a client' }
  const { input } = bodyOf({ items: [userMessage('a'), open, signed, sealed, foreign] })
  t.assert.deepEqual(input.slice(1), [
    { type: 'reasoning', id: 'rs_theirs', summary: sealed.summary, encrypted_content: 'sealed' },
    { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'kept by a client' },
  ])
})

test('sealed reasoning is asked for from models that were asked to reason, and from no others', (t: TestContext) => {
  const includeOf = (options: GenerationOptions) => bodyOf({ options }).include
  t.assert.equal(includeOf({}), undefined)
  t.assert.equal(includeOf({ reasoningEffort: 'none' }), undefined)
  t.assert.deepEqual(includeOf({ reasoningEffort: 'low' }), ['reasoning.encrypted_content'])
  t.assert.deepEqual(includeOf(own({ reasoning: { summary: 'auto' } })), ['reasoning.encrypted_content'])
  t.assert.deepEqual(includeOf({ ...own({ include: ['file_search_call.results'] }), topLogprobs: 2 }), [
    'file_search_call.results',
    'message.output_text.logprobs',
  ])
})

test('calls and outputs of custom tools have types of their own', (t: TestContext) => {
  const call: Item = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'run', arguments: 'x y', custom: true }
  const output: Item = { type: 'function_call_output', id: 'o', call_id: 'c', custom: true, output: 'z' }
  t.assert.deepEqual(bodyOf({ items: [call, output] }).input, [
    { type: 'custom_tool_call', call_id: 'c', name: 'run', input: 'x y' },
    { type: 'custom_tool_call_output', call_id: 'c', output: 'z' },
  ])
})

test("what the provider's own tools did goes back as it came", (t: TestContext) => {
  const item = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } }
  const made: Item = {
    type: 'message',
    id: 'ws_own',
    role: 'assistant',
    content: [],
    native: { dialect: 'responses', fields: { item } },
  }
  t.assert.deepEqual(bodyOf({ items: [userMessage('a'), made] }).input[1], item)
})

test("what a provider's own tools did is refused where it would go to another", async (t: TestContext) => {
  const native = { dialect: 'responses' as const, fields: { item: { type: 'mcp_call', id: 'mcp_1' } } }
  const made: Item = { type: 'message', id: 'mcp_own', role: 'assistant', content: [], native }
  const request = modelRequest('', { items: [userMessage('a'), made] })
  await using upstream = await startRecordedUpstream(send(500, '{}'))
  for (const open of [clientOf, anthropicClientOf]) {
    await using client = open(upstream.url)
    const { error } = await collect(client.generate(testContext(), request))
    t.assert.deepEqual([error?.code, error?.param], ['UNSUPPORTED_PARAMETER', 'input[1]'])
    t.assert.match(error?.message ?? '', /mcp_call/)
  }
  t.assert.equal(upstream.received.length, 0)
})

test("parameters of the caller's own reach the provider as they came", (t: TestContext) => {
  const hosted = { type: 'web_search', search_context_size: 'low' }
  const choice = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'web_search' }] }
  const body = bodyOf({
    options: {
      ...own({ tools: [hosted], tool_choice: choice, text: { verbosity: 'low' }, unheard_of: { deep: [1] } }),
      tools: [{ type: 'function', name: 'f' }],
      textFormat: { type: 'json_object' },
    },
  })
  t.assert.deepEqual(body.tools, [
    { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } },
    hosted,
  ])
  t.assert.deepEqual(body.tool_choice, choice)
  t.assert.deepEqual(body.text, { verbosity: 'low', format: { type: 'json_object' } })
  t.assert.deepEqual(body.unheard_of, { deep: [1] })
})

test('parameters of chat are said in the words of this dialect, or refused by name', (t: TestContext) => {
  const grammar = { syntax: 'lark', definition: 'x' }
  const custom = { type: 'custom', custom: { name: 'run', format: { type: 'grammar', grammar } } }
  const body = bodyOf({
    options: {
      ...chat({
        user: 'ada',
        verbosity: 'low',
        tools: [custom],
        tool_choice: { type: 'custom', custom: { name: 'run' } },
      }),
      tools: [{ type: 'function', name: 'f', parameters: {} }],
    },
  })
  t.assert.deepEqual(body.tools, [
    { type: 'function', name: 'f', parameters: {}, strict: false },
    { type: 'custom', name: 'run', format: { type: 'grammar', ...grammar } },
  ])
  t.assert.deepEqual(body.tool_choice, { type: 'custom', name: 'run' })
  t.assert.deepEqual([body.safety_identifier, body.text], ['ada', { verbosity: 'low' }])
  const refused: readonly (readonly [param: string, options: GenerationOptions])[] = [
    ['stop', { stop: ['x'] }],
    ['n', { choices: 2 }],
    ['seed', chat({ seed: 1 })],
    ['logit_bias', chat({ logit_bias: {} })],
    ['modalities', chat({ modalities: ['text', 'audio'] })],
    ['top_k', { native: { dialect: 'messages', parameters: { top_k: 3 } } }],
  ]
  for (const [param, options] of refused)
    t.assert.throws(() => bodyOf({ options }), { code: 'UNSUPPORTED_PARAMETER', param })
})

test("other providers' cache marks are kept from OpenAI alone", (t: TestContext) => {
  const part = { type: 'input_text' as const, text: 'a', cache_control: { type: 'ephemeral' } }
  const items: Item[] = [{ type: 'message', id: 'm', role: 'user', content: [part] }]
  t.assert.deepEqual(bodyOf({ items }).input[0].content, [part])
  t.assert.deepEqual(bodyOf({ items }, openAi).input[0].content, [{ type: 'input_text', text: 'a' }])
})

const response = (fields: object) => ({ id: 'r', object: 'response', model: 'm', output: [], ...fields })
const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const added = event('response.output_item.added', { output_index: 0, item: { type: 'message', content: [] } })
const delta = event('response.output_text.delta', { output_index: 0, delta: 'Hel' })

for (const [what, answer, code] of [
  [
    'a response that failed',
    events(
      `${added}${delta}${event('response.failed', { response: response({ status: 'failed', error: { code: 'server_error', message: 'x' } }) })}`,
    ),
    'PROVIDER_UNAVAILABLE',
  ],
  [
    'a response that is limited',
    events(
      event('response.failed', {
        response: response({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'x' } }),
      }),
    ),
    'PROVIDER_RATE_LIMITED',
  ],
  [
    'a prompt that is refused',
    events(
      event('response.failed', {
        response: response({ status: 'failed', error: { code: 'invalid_prompt', message: 'x' } }),
      }),
    ),
    'PROVIDER_REFUSED',
  ],
  [
    'an error event',
    events(`${added}${event('error', { code: 'server_error', message: 'x' })}`),
    'PROVIDER_UNAVAILABLE',
  ],
  ['a stream without its end', events(`${added}${delta}`), 'PROVIDER_GARBLED'],
  [
    'an item that ends otherwise than it was told',
    events(
      `${added}${delta}${event('response.output_item.done', { output_index: 0, item: { type: 'message', content: [{ type: 'output_text', text: 'Bye' }] } })}`,
    ),
    'PROVIDER_GARBLED',
  ],
  [
    'a whole answer that has not ended',
    send(200, JSON.stringify(response({ status: 'in_progress' }))),
    'PROVIDER_GARBLED',
  ],
  ['a whole answer without output', send(200, '{"object":"response"}'), 'PROVIDER_GARBLED'],
] as const) {
  test(`${what} is an error`, async (t: TestContext) => {
    await using upstream = await startRecordedUpstream(answer)
    await using client = responsesClientOf(upstream.url)
    const outcome = await collect(client.generate(testContext(), modelRequest('hello')))
    t.assert.equal(outcome.code, code)
    t.assert.equal(upstream.received[0]?.path, '/v1/responses')
  })
}
