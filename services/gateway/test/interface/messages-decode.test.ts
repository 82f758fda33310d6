import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
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
const textDocument = {
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data: 'words' },
  title: 'T',
}
const searchResult = {
  type: 'search_result',
  title: 'R',
  source: 'https://r',
  content: [{ type: 'text', text: 'found' }],
}

const conversations: [what: string, messages: object[], items: object[]][] = [
  ['a text', [{ role: 'user', content: 'Hi' }], [{ ...identity, role: 'user', content: [text('input_text', 'Hi')] }]],
  [
    'cache marks, images and documents',
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see', cache_control: mark, citations: null },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' }, cache_control: mark },
          { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BB==' }, title: 'b.pdf' },
          textDocument,
          searchResult,
        ],
      },
    ],
    [
      {
        ...identity,
        role: 'user',
        content: [
          text('input_text', 'see', { cache_control: mark }),
          { type: 'input_image', image_url: 'data:image/png;base64,AA==', cache_control: mark },
          { type: 'input_image', image_url: 'https://x/y.png' },
          {
            type: 'input_file',
            file_data: 'data:application/pdf;base64,BB==',
            filename: 'b.pdf',
            native: own({ more: { title: 'b.pdf' } }),
          },
          text('input_text', 'T\n\nwords', { native: own({ block: textDocument }) }),
          text('input_text', 'R\n\nhttps://r\n\nfound', { native: own({ block: searchResult }) }),
        ],
      },
    ],
  ],
  [
    'thinking, text and calls, then their results in front of what else the user says',
    [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'secret' },
          { type: 'text', text: 'One' },
          { type: 'text', text: 'Two' },
          { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and?' },
          { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'out' }], is_error: true },
        ],
      },
    ],
    [
      {
        id: 'rs_new',
        type: 'reasoning',
        status: 'completed',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'hm' }],
        signature: 'sig',
      },
      { id: 'rs_new', type: 'reasoning', status: 'completed', summary: [], encrypted_content: 'secret' },
      { ...identity, role: 'assistant', content: [text('output_text', 'One'), text('output_text', 'Two')] },
      {
        id: 'fc_new',
        type: 'function_call',
        status: 'completed',
        call_id: 'toolu_1',
        name: 'f',
        arguments: '{"a":1}',
      },
      {
        id: 'item_new',
        type: 'function_call_output',
        status: 'completed',
        call_id: 'toolu_1',
        output: [text('input_text', 'out')],
        is_error: true,
      },
      { ...identity, role: 'user', content: [text('input_text', 'and?')] },
    ],
  ],
]

for (const [what, messages, items] of conversations) {
  test(`messages become items: ${what}`, (t: TestContext) => {
    t.assert.deepStrictEqual(decode({ messages }).input.items, items)
  })
}

test('parameters become options, and those of this dialect alone are kept for it', (t: TestContext) => {
  const { input, stream, thinking } = decode({
    stream: true,
    temperature: 0.1,
    top_p: 0.2,
    top_k: 3,
    stop_sequences: ['END'],
    tools: [{ name: 'f', description: 'D', input_schema: { type: 'object' }, strict: true, cache_control: mark }],
    tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    thinking: { type: 'enabled', budget_tokens: 20_000 },
    output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    metadata: { user_id: 'u' },
    context_management: { edits: [] },
  })
  const { native, ...common } = input.options
  t.assert.deepStrictEqual(common, {
    maxOutputTokens: 9,
    temperature: 0.1,
    topP: 0.2,
    stop: ['END'],
    tools: [
      {
        type: 'function',
        name: 'f',
        parameters: { type: 'object' },
        description: 'D',
        strict: true,
        cache_control: mark,
      },
    ],
    parallelToolCalls: false,
    toolChoice: { type: 'function', name: 'f' },
    textFormat: { type: 'json_schema', name: 'output', schema: { type: 'object' }, strict: true },
    reasoningEffort: 'high',
  })
  t.assert.equal(native?.dialect, 'messages')
  t.assert.deepEqual(Object.keys(native?.parameters ?? {}).sort(), [
    'context_management',
    'metadata',
    'output_config',
    'thinking',
    'top_k',
  ])
  t.assert.deepStrictEqual(input.metadata, { user_id: 'u' })
  t.assert.deepEqual([stream, thinking, input.delivery], [true, 'full', 'incremental'])
})

for (const [body, param] of [
  [{ tools: [{ name: 'f' }] }, 'tools[0].input_schema'],
  [{ tool_choice: { type: 'tool', name: 'g' } }, 'tool_choice'],
  [{ tool_choice: { type: 'any' } }, 'tool_choice'],
  [{ messages: [{ role: 'user', content: [] }] }, 'messages[0].content'],
] as [object, string][]) {
  test(`what is wrong is refused by name: ${param} ${JSON.stringify(body).slice(0, 60)}`, (t: TestContext) => {
    t.assert.throws(
      () => decode(body),
      (error: unknown) => error instanceof AppError && error.status === 400 && error.param === param,
    )
  })
}
