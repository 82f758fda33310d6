import { type TestContext, test } from 'node:test'
import type { ResponseEnd, ResponseStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import fc from 'fast-check'
import type { ThinkingShown } from '../../interface/messages/decode-request.ts'
import { MessageEventEncoder } from '../../interface/messages/encode-events.ts'
import { encodeMessage } from '../../interface/messages/encode-message.ts'
import { OutputAccumulator } from '../../interface/output-accumulator.ts'
import { createdAt, endStep, functionCall, message, numbered, startStep } from '../frames.ts'

const responseId = `resp_${'a'.repeat(32)}`

const reasoning = (content: string, more: object = {}): Item => ({
  type: 'reasoning',
  id: 'rs_1',
  status: 'completed',
  summary: [],
  content: [{ type: 'reasoning_text', text: content }],
  ...more,
})
const refusal: Item = {
  ...(message('') as Extract<Item, { type: 'message' }>),
  content: [{ type: 'refusal', refusal: 'No.' }],
}

const outputs: [what: string, items: Item[], end: Partial<ResponseEnd>][] = [
  ['a text', [message('Hello there')], {}],
  ['nothing', [message('')], {}],
  ['a limit', [message('Hello', 'incomplete')], { status: 'incomplete', finish: 'length' }],
  ['a stop sequence', [message('Hello')], { stopSequence: 'END' }],
  ['signed thinking', [reasoning('I think', { signature: 'sig' }), message('so I am')], {}],
  ['thinking that nobody may read', [reasoning('', { content: [], encrypted_content: 'x' }), message('Hi')], {}],
  ['calls', [message('Wait.'), functionCall(1, '{"a":1}'), functionCall(2, '')], { finish: 'tool-calls' }],
  ['a refusal', [refusal], {}],
  ['a filtered answer', [message('Hal')], { finish: 'content-filter' }],
  ['no usage', [message('Hello')], { usage: null }],
]

/** The deltas of an item, cut into pieces of so many characters. */
function stepsOf(item: Item, index: number, size: number): ResponseStep[] {
  const start = { ...item, ...(item.type === 'function_call' && { arguments: '' }) } as Item
  const cut = (value: string) => value.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
  const deltas = (): ResponseStep[] => {
    if (item.type === 'function_call') {
      return cut(item.arguments).map((delta) => ({ type: 'arguments-delta', index, delta }))
    }
    if (item.type === 'reasoning') {
      return cut(item.content?.[0]?.text ?? '').map((delta) => ({ type: 'reasoning-delta', index, delta }))
    }
    const parts = item.type === 'message' ? item.content : []
    return parts.flatMap((part): ResponseStep[] => {
      if ('text' in part) return cut(part.text).map((delta) => ({ type: 'text-delta', index, delta }))
      return 'refusal' in part ? cut(part.refusal).map((delta) => ({ type: 'refusal-delta', index, delta })) : []
    })
  }
  return [
    { type: 'item-start', index, item: start },
    ...(size === 0 ? [] : deltas()),
    { type: 'item-end', index, item },
  ]
}

interface Streamed {
  [field: string]: unknown
  content: Record<string, unknown>[]
}

/** Events put together as the SDK does it. */
function assemble(events: readonly string[]): Streamed {
  let whole: Streamed = { content: [] }
  const inputs = new Map<number, string>()
  for (const text of events) {
    const [name, data] = text.trimEnd().split('\n')
    const event = JSON.parse(data?.replace('data: ', '') ?? '')
    if (name !== `event: ${event.type}`) throw new Error(`the event ${name} says ${event.type}`)
    const block = whole.content[event.index]
    if (event.type === 'message_start') whole = event.message
    else if (event.type === 'content_block_start') {
      if (event.index !== whole.content.length) throw new Error('blocks are not numbered in order')
      whole.content.push(event.content_block)
    } else if (event.type === 'content_block_delta' && block !== undefined) {
      const { type, partial_json: json, ...fields } = event.delta
      if (type === 'input_json_delta') inputs.set(event.index, (inputs.get(event.index) ?? '') + json)
      for (const [field, value] of Object.entries(fields)) block[field] = String(block[field] ?? '') + value
    } else if (event.type === 'message_delta') Object.assign(whole, event.delta, { usage: event.usage })
  }
  for (const [index, json] of inputs) Object.assign(whole.content[index] ?? {}, { input: JSON.parse(json) })
  return whole
}

for (const [what, items, end] of outputs) {
  for (const thinking of ['full', 'omitted', 'none'] as ThinkingShown[]) {
    test(`${what} says the same streamed and whole, however it is cut (thinking ${thinking})`, (t: TestContext) => {
      const last = endStep(end)
      const start = startStep()
      const accumulator = new OutputAccumulator()
      for (const frame of numbered(items.flatMap((item, index) => stepsOf(item, index, 3)))) accumulator.add(frame)
      const outcome = { start: start as never, output: accumulator.items, end: last as ResponseEnd }
      const whole = JSON.parse(JSON.stringify(encodeMessage({ responseId, thinking }, outcome)))
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 12 }), (size) => {
          const encoder = new MessageEventEncoder({ responseId, requestId: 'req_1', thinking })
          const steps = [start, ...items.flatMap((item, index) => stepsOf(item, index, size)), last]
          t.assert.deepEqual(assemble(numbered(steps).flatMap((frame) => encoder.encode(frame))), whole)
        }),
      )
    })
  }
}

test('arguments that are no JSON object are an error, unless the answer was cut off', (t: TestContext) => {
  const encode = (item: Item) =>
    encodeMessage(
      { responseId, thinking: 'none' },
      { start: { type: 'response-start', createdAt, model: 'm' }, output: [item], end: endStep() as ResponseEnd },
    )
  t.assert.throws(() => encode(functionCall(1, '{"a"')), { code: 'PROVIDER_GARBLED' })
  t.assert.throws(() => encode(functionCall(1, '[1]')), { code: 'PROVIDER_GARBLED' })
  t.assert.deepEqual(
    (encode({ ...functionCall(1, '{"a"'), status: 'incomplete' } as Item).content[0] as { input: unknown }).input,
    {},
  )
})

test('an answer that breaks off ends with an error event', (t: TestContext) => {
  const encoder = new MessageEventEncoder({ responseId, requestId: 'req_1', thinking: 'none' })
  const failure = { code: 'PROVIDER_STALLED', message: 'It stopped.', status: 504 }
  const steps = [startStep(), ...stepsOf(message('Hello'), 0, 2), endStep({ status: 'failed', finish: null, failure })]
  const last = numbered(steps)
    .flatMap((frame) => encoder.encode(frame))
    .at(-1)
  t.assert.equal(
    last,
    'event: error\ndata: {"type":"error","error":{"type":"timeout_error","message":"It stopped."},"request_id":"req_1"}\n\n',
  )
})
