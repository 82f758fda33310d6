import { type TestContext, test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import { encodeMessagesBody } from '../../infrastructure/anthropic-encode.ts'
import { modelRequest, userMessage } from '../model-steps.ts'

type Body = Readonly<Record<string, unknown>>
const mark = { type: 'ephemeral' }

function encode(items: readonly Item[]): Body {
  return JSON.parse(encodeMessagesBody(modelRequest('', { items })).body)
}

const message = (role: 'user' | 'assistant' | 'system' | 'developer', content: object[], more: object = {}): Item =>
  ({ type: 'message', id: 'm', role, content, ...more }) as Item
const said = (text: string, more: object = {}) => ({ type: 'input_text', text, ...more })
const call = (id: string, text: string, more: object = {}): Item => ({
  type: 'function_call',
  id: 'f',
  call_id: id,
  name: 'f',
  arguments: text,
  ...more,
})
const output = (id: string, value: unknown, more: object = {}): Item =>
  ({ type: 'function_call_output', id: 'o', call_id: id, output: value, ...more }) as Item
const thought = (more: object): Item => ({ type: 'reasoning', id: 'r', summary: [], ...more })
const own = (fields: object) => ({ dialect: 'messages' as const, fields: fields as Record<string, unknown> })

const conversations: [what: string, items: Item[], messages: object[], system?: unknown][] = [
  ['a text', [userMessage('hi')], [{ role: 'user', content: 'hi' }]],
  [
    'system messages in front, and one later',
    [
      message('system', [said('a')]),
      message('developer', [said('b', { cache_control: mark })]),
      userMessage('hi'),
      message('system', [said('c')]),
      userMessage('ho'),
    ],
    [
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'c' },
      { role: 'user', content: 'ho' },
    ],
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', cache_control: mark },
    ],
  ],
  [
    'a turn with reasoning, words and calls, and the results with what follows them',
    [
      userMessage('hi'),
      thought({ content: [{ type: 'reasoning_text', text: 'hm' }], signature: 'sig' }),
      thought({ encrypted_content: 'data' }),
      thought({ content: [{ type: 'reasoning_text', text: 'of another provider' }] }),
      message('assistant', [{ type: 'output_text', text: 'Wait.', annotations: [{}], logprobs: [{}] }]),
      call('a', '{"x": 1}', { cache_control: mark }),
      call('b', ''),
      output('a', 'out', { is_error: true }),
      output('b', [said('words'), { type: 'input_image', image_url: 'data:image/png;base64,AA==' }], {
        cache_control: mark,
      }),
      userMessage('and?'),
    ],
    [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'data' },
          { type: 'text', text: 'Wait.' },
          { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 }, cache_control: mark },
          { type: 'tool_use', id: 'b', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'out', is_error: true },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: [
              { type: 'text', text: 'words' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
            ],
            cache_control: mark,
          },
          { type: 'text', text: 'and?' },
        ],
      },
    ],
  ],
  [
    'images and files from everywhere, and nothing empty',
    [
      message('user', [
        said(''),
        said('see', { cache_control: mark, prompt_cache_breakpoint: {} }),
        { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
        { type: 'input_image', file_id: 'file_1' },
        { type: 'input_file', file_data: 'data:application/pdf;base64,BB==', filename: 'b.pdf', cache_control: mark },
        { type: 'input_file', file_data: 'data:text/plain;base64,d29yZHM=', filename: 'w.txt' },
        { type: 'input_file', file_data: 'CC==' },
        { type: 'input_file', file_url: 'https://x/y.pdf' },
        { type: 'input_file', file_id: 'file_2' },
      ]),
      message('assistant', [{ type: 'output_text', text: '' }]),
      message('assistant', [{ type: 'refusal', refusal: 'No.' }]),
    ],
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see', cache_control: mark },
          { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
          { type: 'image', source: { type: 'file', file_id: 'file_1' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'BB==' },
            title: 'b.pdf',
            cache_control: mark,
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' }, title: 'w.txt' },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'CC==' } },
          { type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } },
          { type: 'document', source: { type: 'file', file_id: 'file_2' } },
        ],
      },
      { role: 'assistant', content: 'No.' },
    ],
  ],
  [
    'arguments that are no object, and what only this dialect says',
    [
      userMessage('hi'),
      call('a', '{"x":', {}),
      call('b', '{}', { native: own({ caller: { type: 'code' } }) }),
      call('c', '{}', { native: { dialect: 'chat', fields: { extra: 1 } } }),
      message('assistant', [], { native: own({ block: { type: 'server_tool_use', id: 's' } }) }),
      message('assistant', [{ type: 'output_text', text: 'cited' }], { native: own({ citations: [{ a: 1 }] }) }),
      message('user', [
        said('T\n\nwords', { native: own({ block: { type: 'document', title: 'T' } }) }),
        said('beside', { native: own({ block: null }) }),
        said('more', { native: own({ more: { unknown: 1 } }) }),
      ]),
    ],
    [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'f', input: { arguments: '{"x":' } },
          { type: 'tool_use', id: 'b', name: 'f', input: {}, caller: { type: 'code' } },
          { type: 'tool_use', id: 'c', name: 'f', input: {} },
          { type: 'server_tool_use', id: 's' },
          { type: 'text', text: 'cited', citations: [{ a: 1 }] },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'document', title: 'T' },
          { type: 'text', text: 'more', unknown: 1 },
        ],
      },
    ],
  ],
]

for (const [what, items, messages, system] of conversations) {
  test(`items become messages: ${what}`, (t: TestContext) => {
    const body = encode(items)
    t.assert.deepEqual(body['messages'], messages)
    t.assert.deepEqual(body['system'], system)
  })
}
