import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import { encodeCountBody, encodeMessagesBody } from '../../infrastructure/anthropic-encode.ts'
import { flavourOf } from '../../infrastructure/chat-flavour.ts'
import { encodeChatBody } from '../../infrastructure/openai-chat-encode.ts'
import { refuseMessagesOnly } from '../../infrastructure/refuse-messages-only.ts'
import { modelRequest, userMessage } from '../model-steps.ts'

type Body = Readonly<Record<string, unknown>>
const mark = { type: 'ephemeral' }

function encode(items: readonly Item[], options: GenerationOptions = {}, more: object = {}): Body {
  const request = modelRequest('', { items, options: { maxOutputTokens: 9, ...options }, ...more })
  return JSON.parse(encodeMessagesBody(request).body)
}

const message = (role: 'user' | 'assistant', content: object[], more: object = {}): Item =>
  ({ type: 'message', id: 'm', role, content, ...more }) as Item
const said = (text: string, more: object = {}) => ({ type: 'input_text', text, ...more })
const own = (fields: object) => ({ dialect: 'messages' as const, fields: fields as Record<string, unknown> })

const tool = { type: 'function' as const, name: 'f', description: 'D', parameters: { type: 'object' }, strict: true }
const plainTool = { name: 'f', description: 'D', input_schema: { type: 'object' }, strict: true }
const format = { type: 'json_schema' as const, name: 'n', schema: { type: 'object' } }
const chat = (parameters: object) => ({
  native: { dialect: 'chat' as const, parameters: parameters as Record<string, unknown> },
})
const messagesOnly = (parameters: object) => ({
  native: { dialect: 'messages' as const, parameters: parameters as Record<string, unknown> },
})

for (const [options, fields] of [
  [
    { temperature: 0.5, topP: 0.2, stop: ['x'] },
    { temperature: 0.5, top_p: 0.2, stop_sequences: ['x'] },
  ],
  [{ tools: [{ ...tool, cache_control: mark }] }, { tools: [{ ...plainTool, cache_control: mark }] }],
  [
    { tools: [{ type: 'function', name: 'g' }] },
    { tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }] },
  ],
  [
    { tools: [tool], toolChoice: 'required', parallelToolCalls: false },
    { tools: [plainTool], tool_choice: { type: 'any', disable_parallel_tool_use: true } },
  ],
  [{ tools: [tool], parallelToolCalls: true }, { tools: [plainTool] }],
  [
    { tools: [tool], parallelToolCalls: false },
    { tools: [plainTool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  ],
  [
    { tools: [tool], toolChoice: 'none' },
    { tools: [plainTool], tool_choice: { type: 'none' } },
  ],
  [
    { tools: [tool], toolChoice: { type: 'function', name: 'f' } },
    { tools: [plainTool], tool_choice: { type: 'tool', name: 'f' } },
  ],
  [{ toolChoice: 'none' }, {}],
  [{ presencePenalty: 0, frequencyPenalty: 0, choices: 1 }, {}],
  [{ textFormat: { type: 'text' } }, {}],
  [{ textFormat: format }, { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }],
  [{ reasoningEffort: 'minimal' }, { output_config: { effort: 'low' } }],
  [{ reasoningEffort: 'xhigh' }, { output_config: { effort: 'xhigh' } }],
  [{ reasoningEffort: 'none' }, { thinking: { type: 'disabled' } }],
  [chat({ user: 'u', top_k: 3, stream_options: {}, service_tier: 'flex' }), { metadata: { user_id: 'u' }, top_k: 3 }],
  [chat({ thinking: { type: 'adaptive' } }), { thinking: { type: 'adaptive' } }],
  [
    { native: { dialect: 'responses', parameters: { safety_identifier: 's', tools: [{ type: 'web_search' }] } } },
    { metadata: { user_id: 's' } },
  ],
  [
    {
      tools: [tool],
      textFormat: format,
      reasoningEffort: 'high',
      ...messagesOnly({
        tools: [
          { ...plainTool, input_examples: [{}] },
          { type: 'web_search_20250305', name: 'web_search' },
        ],
        output_config: { effort: 'max' },
        thinking: { type: 'enabled', budget_tokens: 2_000 },
        mcp_servers: [{ name: 'm' }],
        unheard_of: { a: [1] },
      }),
    },
    {
      tools: [
        { ...plainTool, input_examples: [{}] },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      output_config: { effort: 'max' },
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      mcp_servers: [{ name: 'm' }],
      unheard_of: { a: [1] },
    },
  ],
] as [GenerationOptions, object][]) {
  test(`options become fields: ${JSON.stringify(options).slice(0, 100)}`, (t: TestContext) => {
    const { model, messages, max_tokens: limit, stream, ...rest } = encode([userMessage('hi')], options)
    t.assert.deepEqual(rest, fields)
    t.assert.deepEqual([model, (messages as object[]).length, limit, stream], ['simulated', 1, 9, true])
  })
}

for (const [options, param] of [
  [{ temperature: 1.5 }, 'temperature'],
  [{ presencePenalty: 1 }, 'presence_penalty'],
  [{ frequencyPenalty: -1 }, 'frequency_penalty'],
  [{ choices: 2 }, 'n'],
  [{ topLogprobs: 0 }, 'logprobs'],
  [{ textFormat: { type: 'json_object' } }, 'response_format'],
  [chat({ seed: 1 }), 'seed'],
  [chat({ logit_bias: {} }), 'logit_bias'],
  [chat({ modalities: ['text', 'audio'] }), 'modalities'],
  [chat({ tools: [{ type: 'function' }, { type: 'custom' }] }), 'tools[1].type'],
] as [GenerationOptions, string][]) {
  test(`${JSON.stringify(options)} is refused by name`, (t: TestContext) => {
    t.assert.throws(
      () => encode([userMessage('hi')], options),
      (error: unknown) => error instanceof AppError && error.code === 'UNSUPPORTED_PARAMETER' && error.param === param,
    )
  })
}

test('sound is refused by its place', (t: TestContext) => {
  t.assert.throws(() => encode([message('user', [{ type: 'input_audio', input_audio: {} }])]), /sound/)
})

test('a whole answer is asked for without stream, and for as long a one as the model gives', (t: TestContext) => {
  const { stream, max_tokens: limit } = encode([userMessage('hi')], {}, { delivery: 'whole' })
  t.assert.deepEqual([stream, limit], [undefined, 9])
  const unlimited = (providerModel: string) =>
    JSON.parse(encodeMessagesBody(modelRequest('hi', { providerModel })).body).max_tokens
  t.assert.deepEqual(
    [unlimited('claude-sonnet-5'), unlimited('claude-3-haiku'), unlimited('x')],
    [64_000, 4_096, 4_096],
  )
})

test('the system prompt goes as it came, unless something was added to it', (t: TestContext) => {
  const system = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b', cache_control: mark },
  ]
  const options = messagesOnly({ system })
  t.assert.deepEqual(encode([userMessage('hi')], options, { instructions: 'a\n\nb' })['system'], system)
  t.assert.equal(encode([userMessage('hi')], options, { instructions: 'more\n\na\n\nb' })['system'], 'more\n\na\n\nb')
  t.assert.equal(encode([userMessage('hi')], {}, { instructions: 'S' })['system'], 'S')
})

test('the same turns give the same bytes, and a longer conversation begins with those of a shorter one', (t: TestContext) => {
  const items = [userMessage('hi'), message('assistant', [{ type: 'output_text', text: 'ho' }]), userMessage('again')]
  const body = (count: number) => encodeMessagesBody(modelRequest('', { items: items.slice(0, count) })).body
  t.assert.equal(body(3), body(3))
  const shorter = body(1)
  const cut = shorter.indexOf(']')
  t.assert.equal(body(3).slice(0, cut), shorter.slice(0, cut))
})

test('only what is counted is sent to be counted', (t: TestContext) => {
  const options = {
    ...messagesOnly({ top_k: 1, thinking: { type: 'adaptive' }, 'anthropic-beta': 'b' }),
    temperature: 0,
  }
  const { body, headers } = encodeCountBody(modelRequest('hi', { options, instructions: 'S' }))
  t.assert.deepEqual(Object.keys(JSON.parse(body)).sort(), ['messages', 'model', 'system', 'thinking'])
  t.assert.deepEqual(headers, ['anthropic-version', '2023-06-01', 'anthropic-beta', 'b'])
})

const foreignBlock = { block: { type: 'container_upload' } }
for (const [what, items, options, param] of [
  ['a server tool', [userMessage('hi')], messagesOnly({ tools: [{ type: 'bash_1', name: 'b' }] }), 'tools[0].type'],
  ['a container', [userMessage('hi')], messagesOnly({ container: 'c' }), 'container'],
  ['MCP servers', [userMessage('hi')], messagesOnly({ mcp_servers: [{}] }), 'mcp_servers'],
  ['a place', [userMessage('hi')], messagesOnly({ inference_geo: 'eu' }), 'inference_geo'],
  ['an answer begun', [message('assistant', [said('{')])], messagesOnly({}), 'messages'],
  ['a foreign block', [message('user', [said('', { native: own(foreignBlock) })])], {}, 'input[0].content[0]'],
  ['a foreign item', [message('assistant', [], { native: own(foreignBlock) }), userMessage('hi')], {}, 'messages'],
  [
    'citations',
    [message('user', [said('x', { native: own({ block: { type: 'document', citations: { enabled: true } } }) })])],
    {},
    'input[0].content[0].citations',
  ],
] as [string, Item[], GenerationOptions, string][]) {
  test(`providers of another dialect refuse ${what} by name`, (t: TestContext) => {
    const request = modelRequest('', { items, options })
    const isRefusal = (error: unknown) => error instanceof AppError && error.code === 'UNSUPPORTED_PARAMETER'
    t.assert.throws(
      () => encodeChatBody(request, flavourOf(new URL('http://localhost'))),
      (error: unknown) => isRefusal(error) && error instanceof AppError && error.param === param,
    )
    t.assert.throws(() => refuseMessagesOnly(request), isRefusal)
  })
}
