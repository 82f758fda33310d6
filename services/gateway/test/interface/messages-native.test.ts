import { type TestContext, test } from 'node:test'
import { decodeMessagesRequest } from '../../interface/messages/decode-request.ts'
import type { MessagesBody } from '../../interface/messages/schema.ts'

const newId = (prefix: string) => `${prefix}_new`
const mark = { type: 'ephemeral' as const }

function decode(body: object) {
  const whole = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], ...body }
  return decodeMessagesRequest(whole as MessagesBody, { newId, sessionId: null })
}

const identity = { id: 'msg_new', type: 'message', status: 'completed' } as const
const text = (type: 'input_text' | 'output_text', value: string, more: object = {}) => ({ type, text: value, ...more })
const own = (fields: object) => ({ dialect: 'messages', fields })
const foreign = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } }

const [what, messages, items] = [
  'what only this dialect understands, kept for its providers',
  [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'By the report', citations: [{ type: 'char_location' }], unknown: 1 },
        foreign,
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: {}, caller: { type: 'direct' } },
        { type: 'tool_use', id: 'toolu_2', name: 'f', input: {}, caller: { type: 'code_execution' } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [{ type: 'tool_reference', tool_name: 'f' }],
          more: 2,
        },
        { type: 'image', source: { type: 'file', file_id: 'f' }, transformations: { oversized_image: 'error' } },
        {
          type: 'document',
          source: { type: 'content', content: [{ type: 'text', text: 'inside' }] },
          title: 'T',
          citations: { enabled: true },
        },
      ],
    },
  ],
  [
    {
      ...identity,
      role: 'assistant',
      content: [
        text('output_text', 'By the report', {
          native: own({ more: { citations: [{ type: 'char_location' }], unknown: 1 } }),
        }),
      ],
    },
    { ...identity, role: 'assistant', content: [], native: own({ block: foreign }) },
    { id: 'fc_new', type: 'function_call', status: 'completed', call_id: 'toolu_1', name: 'f', arguments: '{}' },
    {
      id: 'fc_new',
      type: 'function_call',
      status: 'completed',
      call_id: 'toolu_2',
      name: 'f',
      arguments: '{}',
      native: own({ caller: { type: 'code_execution' } }),
    },
    {
      id: 'item_new',
      type: 'function_call_output',
      status: 'completed',
      call_id: 'toolu_1',
      output: [text('input_text', '', { native: own({ block: { type: 'tool_reference', tool_name: 'f' } }) })],
      native: own({ more: 2 }),
    },
    {
      ...identity,
      role: 'user',
      content: [
        {
          type: 'input_image',
          file_id: 'f',
          native: own({ more: { transformations: { oversized_image: 'error' } } }),
        },
        text('input_text', 'T', {
          native: own({
            block: {
              type: 'document',
              source: { type: 'content', content: [{ type: 'text', text: 'inside' }] },
              title: 'T',
              citations: { enabled: true },
            },
          }),
        }),
        text('input_text', 'inside', { native: own({ block: null }) }),
      ],
    },
  ],
] as const

test(`messages become items: ${what}`, (t: TestContext) => {
  t.assert.deepStrictEqual(decode({ messages }).input.items, items)
})

test('system text becomes instructions, kept as it came where it says more', (t: TestContext) => {
  t.assert.equal(decode({ system: 'S' }).input.instructions, 'S')
  const plain = decode({ system: [{ type: 'text', text: 'S' }] }).input
  t.assert.deepEqual([plain.instructions, plain.options.native], ['S', undefined])
  const marked = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b', cache_control: mark },
  ]
  const { instructions, items, options } = decode({ system: marked }).input
  t.assert.deepEqual([instructions, items.length], ['a\n\nb', 1])
  t.assert.deepEqual(options.native, { dialect: 'messages', parameters: { system: marked } })
})

test('tools of which the common form says less are kept as they came', (t: TestContext) => {
  const plain = { name: 'f', input_schema: { type: 'object' }, cache_control: mark }
  t.assert.equal(decode({ tools: [plain] }).input.options.native, undefined)
  for (const more of [
    { ...plain, input_examples: [{}] },
    { type: 'web_search_20250305', name: 'web_search' },
  ]) {
    const tools = [plain, more]
    const { native, tools: common } = decode({ tools }).input.options
    t.assert.deepEqual(native?.parameters, { tools })
    t.assert.equal(common?.length, 'input_schema' in more ? 2 : 1)
  }
})

test('betas, and an answer that is begun for the model, are for providers of this dialect', (t: TestContext) => {
  const messages = [{ role: 'assistant', content: '{' }]
  t.assert.deepEqual(decode({ messages }).input.options.native, { dialect: 'messages', parameters: {} })
  const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] } as MessagesBody
  const { input } = decodeMessagesRequest(body, { newId, sessionId: null, passed: { 'anthropic-beta': 'one,two' } })
  t.assert.deepEqual(input.options.native?.parameters, { 'anthropic-beta': 'one,two' })
})
