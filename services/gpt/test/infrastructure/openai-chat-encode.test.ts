import { test } from 'node:test'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { ContentPart, Item } from '@parley/kernel/items.ts'
import type { ChatFlavour } from '../../infrastructure/chat-flavour.ts'
import { encodeChatBody } from '../../infrastructure/openai-chat-encode.ts'
import { modelRequest, userMessage } from '../model-steps.ts'

const compatible: ChatFlavour = { maxTokensField: 'max_tokens', developerRole: false, strictFields: false }
const openAi: ChatFlavour = { maxTokensField: 'max_completion_tokens', developerRole: true, strictFields: true }

function bodyOf(more: Parameters<typeof modelRequest>[1], flavour = compatible): Record<string, unknown> {
  return JSON.parse(encodeChatBody(modelRequest('hi', { delivery: 'whole', ...more }), flavour))
}

const say = (role: 'user' | 'assistant' | 'developer', ...content: ContentPart[]): Item => {
  return { type: 'message', id: 'm', role, content }
}
const text = (value: string): ContentPart => ({ type: 'output_text', text: value, annotations: [], logprobs: [] })
const call = (id: string): Item => ({
  type: 'function_call',
  id: 'i',
  call_id: id,
  name: 'f',
  arguments: `{"${id}":1}`,
})
const output = (id: string): Item => ({ type: 'function_call_output', id: 'o', call_id: id, output: `${id} done` })
const toolCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: `{"${id}":1}` } })
const toolMessage = (id: string) => ({ role: 'tool', tool_call_id: id, content: `${id} done` })
const user = { role: 'user', content: 'hi' }

const conversations: [what: string, items: Item[], messages: unknown[]][] = [
  ['one text part is plain content', [userMessage('hi')], [user]],
  [
    'several parts stay parts',
    [say('user', text('a'), { type: 'input_text', text: 'b' })],
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ],
  ],
  ['no parts are an empty list', [say('assistant')], [{ role: 'assistant', content: [] }]],
  [
    'a call joins the message before it',
    [userMessage('hi'), say('assistant', text('wait')), call('a'), call('b'), output('a'), output('b')],
    [
      user,
      { role: 'assistant', content: 'wait', tool_calls: [toolCall('a'), toolCall('b')] },
      toolMessage('a'),
      toolMessage('b'),
    ],
  ],
  [
    'a call without a message makes one, and reasoning is left out',
    [userMessage('hi'), { type: 'reasoning', id: 'r', summary: [] }, call('a'), output('a'), call('b'), output('b')],
    [
      user,
      { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
      toolMessage('a'),
      { role: 'assistant', content: null, tool_calls: [toolCall('b')] },
      toolMessage('b'),
    ],
  ],
  [
    'a message joins the call before it',
    [call('a'), say('assistant', text('done')), output('a')],
    [{ role: 'assistant', content: 'done', tool_calls: [toolCall('a')] }, toolMessage('a')],
  ],
  [
    'two assistant messages stay two',
    [say('assistant', text('a')), say('assistant', text('b'))],
    [
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  ],
  ['developer messages are system ones', [say('developer', text('x'))], [{ role: 'system', content: 'x' }]],
  [
    'a refusal stays a refusal',
    [say('assistant', { type: 'refusal', refusal: 'no' })],
    [{ role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }],
  ],
  [
    'images, files and audio',
    [
      say(
        'user',
        { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
        { type: 'input_file', file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' },
        { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
      ),
    ],
    [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' } },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
        ],
      },
    ],
  ],
  [
    'fields that Parley does not know are kept',
    [say('user', { type: 'input_text', text: 'a', cache_control: { type: 'ephemeral' } } as ContentPart)],
    [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] }],
  ],
  [
    'what only this dialect knows is said again',
    [
      {
        type: 'message',
        id: 'm',
        role: 'assistant',
        content: [],
        native: { dialect: 'chat', fields: { audio: { id: 'audio_1' } } },
      },
      { ...call('a'), native: { dialect: 'chat', fields: { extra_content: { google: 1 } } } },
      output('a'),
    ],
    [
      {
        role: 'assistant',
        content: null,
        audio: { id: 'audio_1' },
        tool_calls: [{ ...toolCall('a'), extra_content: { google: 1 } }],
      },
      toolMessage('a'),
    ],
  ],
  [
    'images that a function returned follow the outputs',
    [
      call('a'),
      call('b'),
      {
        type: 'function_call_output',
        id: 'o',
        call_id: 'a',
        output: [
          { type: 'input_text', text: 'a picture' },
          { type: 'input_image', image_url: 'https://x/y.png' },
        ],
      },
      output('b'),
      userMessage('hi'),
    ],
    [
      { role: 'assistant', content: null, tool_calls: [toolCall('a'), toolCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'a picture' },
      toolMessage('b'),
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What the call a returned:' },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
        ],
      },
      user,
    ],
  ],
  [
    'an output of parts',
    [call('a'), { type: 'function_call_output', id: 'o', call_id: 'a', output: [{ type: 'input_text', text: 'x' }] }],
    [
      { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ],
  ],
]

for (const [what, items, messages] of conversations) {
  test(`items as messages: ${what}`, (t) => {
    t.assert.deepEqual(bodyOf({ items })['messages'], messages)
  })
}

test('instructions come first, as a system message', (t) => {
  t.assert.deepEqual(bodyOf({ instructions: 'be brief' })['messages'], [{ role: 'system', content: 'be brief' }, user])
})

test('OpenAI itself gets developer messages as they are', (t) => {
  const items = [say('developer', text('x'))]
  t.assert.deepEqual(bodyOf({ items }, openAi)['messages'], [{ role: 'developer', content: 'x' }])
})

const schema = { type: 'object', properties: { a: { type: 'string' } } }
const options: [what: string, options: GenerationOptions, body: Record<string, unknown>][] = [
  ['nothing asked', {}, {}],
  [
    'numbers',
    { temperature: 0, topP: 0.5, presencePenalty: -1, frequencyPenalty: 2, maxOutputTokens: 7 },
    { temperature: 0, top_p: 0.5, presence_penalty: -1, frequency_penalty: 2, max_tokens: 7 },
  ],
  ['stop', { stop: ['a', 'b'] }, { stop: ['a', 'b'] }],
  [
    'tools',
    {
      tools: [{ type: 'function', name: 'f', description: null, parameters: schema, strict: true }],
      toolChoice: { type: 'function', name: 'f' },
      parallelToolCalls: false,
    },
    {
      tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
    },
  ],
  ['a required tool', { toolChoice: 'required' }, { tool_choice: 'required' }],
  ['JSON', { textFormat: { type: 'json_object' } }, { response_format: { type: 'json_object' } }],
  [
    'a JSON schema',
    { textFormat: { type: 'json_schema', name: 'n', schema, description: null, strict: true } },
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } } },
  ],
  ['reasoning effort', { reasoningEffort: 'low' }, { reasoning_effort: 'low' }],
  [
    'parameters of the same dialect, unchanged',
    { native: { dialect: 'chat', parameters: { seed: 7, user: 'u', logit_bias: { '1': -100 } } } },
    { seed: 7, user: 'u', logit_bias: { '1': -100 } },
  ],
  [
    'a common parameter that only came in the dialect',
    { native: { dialect: 'chat', parameters: { temperature: 0.3, top_p: 0.1 } }, topP: 0.2 },
    { temperature: 0.3, top_p: 0.2 },
  ],
  ['parameters of another dialect, left out', { native: { dialect: 'responses', parameters: { seed: 7 } } }, {}],
  [
    'a limit in the caller’s own words',
    { maxOutputTokens: 7, native: { dialect: 'chat', parameters: { max_completion_tokens: 7 } } },
    { max_completion_tokens: 7 },
  ],
  ['several answers', { choices: 3 }, { n: 3 }],
  ['log probabilities', { topLogprobs: 2 }, { logprobs: true, top_logprobs: 2 }],
  ['log probabilities without alternatives', { topLogprobs: 0 }, { logprobs: true }],
  [
    'parameters of Messages that have a word here',
    { native: { dialect: 'messages', parameters: { top_k: 5, metadata: { user_id: 'u' }, service_tier: 'auto' } } },
    { top_k: 5, user: 'u' },
  ],
  [
    'parameters that Parley sets itself cannot be replaced',
    { native: { dialect: 'chat', parameters: { model: 'x', messages: [], stream: true, stream_options: {} } } },
    {},
  ],
]

for (const [what, given, expected] of options) {
  test(`options: ${what}`, (t) => {
    t.assert.deepEqual(bodyOf({ options: given }), { model: 'simulated', messages: [user], ...expected })
  })
}

test('OpenAI itself gets its newer name for the limit of tokens', (t) => {
  t.assert.equal(bodyOf({ options: { maxOutputTokens: 7 } }, openAi)['max_completion_tokens'], 7)
})

test('a stream always asks for usage and keeps other stream options', (t) => {
  const native = { dialect: 'chat' as const, parameters: { stream_options: { include_obfuscation: false } } }
  const body = bodyOf({ delivery: 'incremental', options: { native } })
  t.assert.equal(body['stream'], true)
  t.assert.deepEqual(body['stream_options'], { include_obfuscation: false, include_usage: true })
})

for (const [what, part] of [
  ['an image by file id', { type: 'input_image', file_id: 'file_1' }],
  ['a file by URL', { type: 'input_file', file_url: 'https://example.com/a' }],
] as [string, ContentPart][]) {
  test(`${what} is refused by name`, (t) => {
    t.assert.throws(() => bodyOf({ items: [say('user', text('see'), part)] }), {
      code: 'UNSUPPORTED_PARAMETER',
      param: 'input[0].content[1]',
    })
  })
}

test('OpenAI itself gets no fields that it refuses, and wishes it cannot fulfil are refused', (t) => {
  const marked = { type: 'input_text', text: 'a', cache_control: { type: 'ephemeral' } } as ContentPart
  const native = { dialect: 'chat' as const, fields: { reasoning_content: 'hm', audio: { id: 'audio_1' } } }
  const items: Item[] = [say('user', marked), { type: 'message', id: 'm', role: 'assistant', content: [], native }]
  t.assert.deepEqual(bodyOf({ items }, openAi)['messages'], [
    { role: 'user', content: [{ type: 'text', text: 'a' }] },
    { role: 'assistant', content: null, audio: { id: 'audio_1' } },
  ])
  const topK = { native: { dialect: 'messages' as const, parameters: { top_k: 5 } } }
  t.assert.throws(() => bodyOf({ options: topK }, openAi), { code: 'UNSUPPORTED_PARAMETER', param: 'top_k' })
})
