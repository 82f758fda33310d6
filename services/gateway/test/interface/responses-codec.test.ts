import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { ResponseStep } from '@parley/kernel/frames.ts'
import { decodeItems } from '../../interface/responses/decode-items.ts'
import { ResponseEventEncoder } from '../../interface/responses/encode-events.ts'
import { callSteps, endStep, message, numbered, startStep, textSteps } from '../frames.ts'

const basis = {
  responseId: 'resp_0a',
  sessionId: null,
  previousResponseId: null,
  instructions: null,
  options: {},
  metadata: {},
  store: true,
}

function events(steps: readonly ResponseStep[], startingAfter = -1): string[] {
  const encoder = new ResponseEventEncoder({ basis, startingAfter })
  return numbered(steps).flatMap((frame) => encoder.encode(frame))
}

function bodies(steps: readonly ResponseStep[]) {
  return events(steps)
    .filter((event) => event.startsWith('event: '))
    .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 'data: '.length)))
}

const textAndCall = [
  startStep(),
  ...textSteps(['Hel', 'lo\n\ndata: x']),
  ...callSteps(1, 1, ['{"a"', ':1}']),
  endStep(),
]

test('a stream is the recorded one, to the byte', (t: TestContext) => {
  const recorded = readFileSync(new URL('../golden/responses-text-and-call.sse', import.meta.url), 'utf8')
  t.assert.strictEqual(events(textAndCall).join(''), recorded)
})

test('events are numbered without a gap, and each is one block whose name is its type', (t: TestContext) => {
  const all = events(textAndCall)
  t.assert.strictEqual(all.at(-1), 'data: [DONE]\n\n')
  for (const [index, event] of all.slice(0, -1).entries()) {
    const [, name, body = ''] = /^event: (\S+)\ndata: ([^\r\n]*)\n\n$/.exec(event) ?? []
    const { type, sequence_number } = JSON.parse(body)
    t.assert.strictEqual(type, name)
    t.assert.strictEqual(sequence_number, index)
  }
})

test('starting after an event gives exactly the later ones', (t: TestContext) => {
  const all = events(textAndCall)
  for (const after of [0, 3, all.length - 2]) t.assert.deepStrictEqual(events(textAndCall, after), all.slice(after + 1))
})

test('what readers add up is what the last event says', (t: TestContext) => {
  const all = bodies(textAndCall)
  const text = all.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta)
  const { response } = all.at(-1)
  t.assert.strictEqual(text.join(''), response.output[0].content[0].text)
  t.assert.strictEqual(response.output[1].arguments, '{"a":1}')
  t.assert.strictEqual(all.find(({ type }) => type === 'response.function_call_arguments.done').name, 'tool_1')
})

test('an item that comes whole is streamed all the same', (t: TestContext) => {
  const all = bodies([startStep(), { type: 'item-end', index: 0, item: message('whole') }, endStep()])
  t.assert.deepStrictEqual(
    all.map(({ type }) => type.slice('response.'.length)),
    [
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ],
  )
  t.assert.deepStrictEqual(all[2].item, {
    type: 'message',
    id: 'msg_1',
    status: 'in_progress',
    role: 'assistant',
    content: [],
  })
})

test('a refusal has its own part and events', (t: TestContext) => {
  const item = message('', 'in_progress')
  const all = bodies([
    startStep(),
    { type: 'item-start', index: 0, item },
    { type: 'refusal-delta', index: 0, delta: 'No.' },
    {
      type: 'item-end',
      index: 0,
      item: { ...item, status: 'completed', content: [{ type: 'refusal', refusal: 'No.' }] } as never,
    },
    endStep(),
  ])
  t.assert.deepStrictEqual(
    all.slice(3, 7).map(({ type }) => type),
    ['response.content_part.added', 'response.refusal.delta', 'response.refusal.done', 'response.content_part.done'],
  )
})

test('a cancelled response ends as one that failed, and says that it was cancelled', (t: TestContext) => {
  const end = endStep({ status: 'cancelled', finish: null })
  const last = bodies([startStep(), ...textSteps(['a']).slice(0, 2), end]).at(-1)
  t.assert.strictEqual(last.type, 'response.failed')
  t.assert.strictEqual(last.response.status, 'cancelled')
  t.assert.strictEqual(last.response.output[0].content[0].text, 'a')
})

test('input items keep their ids and fields, and lose what says nothing', (t: TestContext) => {
  const items = decodeItems(
    [
      { role: 'user', content: 'a' },
      { type: 'message', id: 'msg_own', role: 'assistant', content: 'b', status: null, phase: 'final_answer' } as never,
      { role: 'user', content: [{ type: 'input_image', image_url: 'u', file_id: null, detail: null }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '', namespace: 'n' } as never,
      { type: 'function_call_output', call_id: 'c', output: 'done' },
      { type: 'reasoning', id: 'rs_own', summary: [], content: null, encrypted_content: 'x' },
    ],
    (prefix) => `${prefix}_new`,
  )
  t.assert.deepStrictEqual(items, [
    { id: 'msg_new', type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
    {
      phase: 'final_answer',
      id: 'msg_own',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'b' }],
    },
    {
      id: 'msg_new',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_image', image_url: 'u' }],
    },
    {
      type: 'function_call',
      call_id: 'c',
      name: 'f',
      arguments: '',
      namespace: 'n',
      id: 'fc_new',
      status: 'completed',
    },
    { type: 'function_call_output', call_id: 'c', id: 'item_new', status: 'completed', output: 'done' },
    { type: 'reasoning', summary: [], encrypted_content: 'x', id: 'rs_own', status: 'completed' },
  ])
})
