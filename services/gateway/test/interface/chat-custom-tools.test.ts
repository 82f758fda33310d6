import { type TestContext, test } from 'node:test'
import { decodeChatRequest } from '../../interface/chat/decode-request.ts'
import type { ChatBody } from '../../interface/chat/schema.ts'
import { decodeItems } from '../../interface/responses/decode-items.ts'
import { decodeOptions } from '../../interface/responses/decode-options.ts'
import { encodeItem } from '../../interface/responses/encode-items.ts'

const newId = (prefix: string) => `${prefix}_new`

function decode(body: object) {
  return decodeChatRequest({ model: 'm', ...body } as ChatBody, { newId })
}

test('tools that take any text, and calls of them, are for providers of this dialect', (t: TestContext) => {
  const custom = { type: 'custom', custom: { name: 'notes', format: { type: 'text' } } }
  const plain = { type: 'function', function: { name: 'f' } }
  const choice = { type: 'custom', custom: { name: 'notes' } }
  const call = { id: 'call_1', type: 'custom', custom: { name: 'notes', input: 'write this' } }
  const messages = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: 'done' },
  ]
  const { options, items } = decode({ tools: [custom, plain], tool_choice: choice, messages }).input
  t.assert.deepEqual(options, {
    tools: [{ type: 'function', name: 'f' }],
    native: { dialect: 'chat', parameters: { tools: [custom, plain], tool_choice: choice } },
  })
  const made = items[1]
  t.assert.deepEqual(made?.type === 'function_call' && [made.name, made.arguments, made.custom], [
    'notes',
    'write this',
    true,
  ])
  t.assert.equal(decode({ tools: [plain], messages }).input.options.native, undefined)
})

test('calls of such tools go round through responses as they came', (t: TestContext) => {
  const call = { type: 'custom_tool_call' as const, id: 'ctc_1', call_id: 'c', name: 'notes', input: 'write this' }
  const output = { type: 'custom_tool_call_output' as const, id: 'o_1', call_id: 'c', output: 'done' }
  const items = decodeItems([call, output], newId)
  t.assert.deepEqual(
    items.map((item) => [item.type, 'custom' in item && item.custom]),
    [
      ['function_call', true],
      ['function_call_output', true],
    ],
  )
  t.assert.deepEqual(items.map(encodeItem), [
    { ...call, status: 'completed' },
    { ...output, status: 'completed' },
  ])
})

test('a tool that takes any text can be demanded, once it is offered', (t: TestContext) => {
  const tool = { type: 'custom', name: 'notes' }
  const choice = { type: 'custom', name: 'notes' }
  const { native } = decodeOptions({ tools: [tool], tool_choice: choice })
  t.assert.deepEqual(native?.parameters, { tools: [tool], tool_choice: choice })
  t.assert.throws(() => decodeOptions({ tool_choice: choice }), /tool_choice/)
})

test('fields that only Parley gives are dropped where they are not what it gives', (t: TestContext) => {
  const wrong = { native: 5, custom: 'yes', choice: 'first', signature: 1 }
  const [item] = decodeItems(
    [{ role: 'user', content: [{ type: 'input_text', text: 'x', native: [] } as never], ...wrong }],
    newId,
  )
  t.assert.deepEqual(item, {
    id: 'msg_new',
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_text', text: 'x' }],
  })
  const { items } = decode({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'x', native: { a: 1 } }] }],
  }).input
  t.assert.deepEqual(items[0]?.type === 'message' && items[0].content, [{ type: 'input_text', text: 'x' }])
})
