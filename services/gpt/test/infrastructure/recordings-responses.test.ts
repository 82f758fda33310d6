import { readdir, readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import type { ModelStep } from '../../application/ports.ts'
import { responsesClientOf } from '../client-of.ts'
import { type Expected, replay, splits, summary } from '../replay.ts'

const folder = new URL('../recordings-responses/', import.meta.url)
const nothing = { text: '', reasoning: '', refusal: '', calls: [], model: 'gpt-5-2025-08-07' }
const greeting = 'Grüße 👋🏽 — naïve\ncafé 東京.'

const expectations: Record<string, Expected> = {
  'text.txt': { ...nothing, text: greeting, finish: 'stop', usage: [49, 16, 15, 0] },
  'sealed-reasoning.txt': { ...nothing, text: '4', finish: 'stop', usage: [25, 0, 30, 24] },
  'open-reasoning.txt': {
    ...nothing,
    reasoning: 'Two plus two.',
    text: '4',
    finish: 'stop',
    usage: [25, 0, 30, 24],
  },
  'parallel-tools.txt': {
    ...nothing,
    text: 'I look.',
    calls: ['call_A get_weather {"city": "Zürich"}', 'call_B get_time {}'],
    finish: 'tool-calls',
    usage: [25, 0, 89, 0],
  },
  'interleaved-tools.txt': {
    ...nothing,
    calls: ['call_E east {"a":1}', 'call_F west {"b":2}'],
    finish: 'tool-calls',
    usage: [25, 0, 12, 0],
  },
  'custom-tool.txt': { ...nothing, calls: ['call_C run_code print(1)\n'], finish: 'tool-calls', usage: [25, 0, 9, 0] },
  'max-tokens.txt': { ...nothing, text: 'Half an', finish: 'length', usage: [25, 0, 2, 0] },
  'cut-call.txt': {
    ...nothing,
    calls: ['call_D get_weather {"city": "Zü'],
    finish: 'content-filter',
    usage: [25, 0, 5, 0],
  },
  'refusal.txt': { ...nothing, refusal: 'I will not.', finish: 'stop', usage: [25, 0, 4, 0] },
  'web-search.txt': { ...nothing, text: 'Sunny.', finish: 'stop', usage: [25, 0, 40, 0] },
  'empty.txt': { ...nothing, finish: 'stop', usage: [25, 0, 2, 0] },
  'whole-text.txt': { ...nothing, text: greeting, finish: 'stop', usage: [49, 16, 15, 0] },
  'whole-tools.txt': {
    ...nothing,
    text: 'I look.',
    calls: ['call_A get_weather {"city":"Zürich"}', 'call_B get_time {}'],
    finish: 'tool-calls',
    usage: [25, 0, 15, 0],
  },
}

const typeOf = (name: string) => (name.includes('whole') ? 'application/json' : 'text/event-stream')

async function itemsOf(name: string): Promise<Item[]> {
  const [steps = []] = await replay(responsesClientOf, [[await readFile(new URL(name, folder))]], typeOf(name))
  return steps.flatMap((step: ModelStep) => (step.type === 'item-end' ? [step.item] : []))
}

test('every recording has an expectation', async (t: TestContext) => {
  t.assert.deepEqual((await readdir(folder)).sort(), Object.keys(expectations).sort())
})

for (const [name, expected] of Object.entries(expectations)) {
  test(`${name} gives the same steps however its bytes are cut`, async (t: TestContext) => {
    const all = splits(await readFile(new URL(name, folder)))
    const [first, ...others] = await replay(responsesClientOf, all, typeOf(name))
    t.assert.deepEqual(summary(first ?? []), expected)
    const reference = JSON.stringify(first)
    t.assert.equal(others.length, all.length - 1)
    t.assert.equal(
      others.findIndex((steps) => JSON.stringify(steps) !== reference),
      -1,
    )
  })
}

for (const [what, change] of Object.entries({
  'CRLF line ends': (text: string) => text.replaceAll('\n', '\r\n'),
  'a byte order mark': (text: string) => `\uFEFF${text}`,
  'no names of events': (text: string) => text.replaceAll(/event: .*\n/g, ''),
  'comments everywhere': (text: string) => text.replaceAll('event: response.output', ': x\n\nevent: response.output'),
  'events after the end': (text: string) => `${text}data: [DONE]\n\ndata: {"type":"response.output_text.delta"}\n\n`,
  'unknown events': (text: string) =>
    text.replaceAll('event: response', 'data: {"type":"surprise"}\n\nevent: response'),
  'items that only the end tells': (text: string) =>
    text.replaceAll(/event: response\.(?:output_item\.done|output_text\.done|content_part\.done)\n.*\n\n/g, ''),
})) {
  test(`a stream with ${what} means the same`, async (t: TestContext) => {
    const original = (await readFile(new URL('text.txt', folder))).toString()
    const [plain] = await replay(responsesClientOf, [[Buffer.from(original)]], 'text/event-stream')
    const changed = await replay(responsesClientOf, splits(Buffer.from(change(original))), 'text/event-stream')
    const reference = JSON.stringify(plain)
    t.assert.equal(
      changed.findIndex((steps) => JSON.stringify(steps) !== reference),
      -1,
    )
  })
}

test('reasoning keeps its summary, its seal and the id that its provider knows', async (t: TestContext) => {
  for (const [name, id, sealed] of [
    ['sealed-reasoning.txt', 'rs_68b1', 'gAAAAABo-sealed=='],
    ['whole-tools.txt', 'rs_6951', 'gAAAA-whole'],
  ]) {
    const [reasoning] = await itemsOf(name ?? '')
    t.assert.ok(reasoning?.type === 'reasoning' && reasoning.summary.length > 0)
    t.assert.deepEqual(
      [reasoning.encrypted_content, reasoning.native],
      [sealed, { dialect: 'responses', fields: { id } }],
    )
  }
})

test('fields that nobody here knows stay on their item', async (t: TestContext) => {
  const [, message] = await itemsOf('sealed-reasoning.txt')
  t.assert.equal(message && 'phase' in message && message.phase, 'final_answer')
})

test("what the provider's own tools made comes along, and so do the citations", async (t: TestContext) => {
  const [search, message] = await itemsOf('web-search.txt')
  t.assert.deepEqual(search?.native?.fields['item'], {
    id: 'ws_6911',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'weather' },
  })
  t.assert.ok(message?.type === 'message' && message.content[0]?.type === 'output_text')
  t.assert.equal(message.content[0].annotations?.length, 1)
})

test('a call of a custom tool says that it is one', async (t: TestContext) => {
  const [call] = await itemsOf('custom-tool.txt')
  t.assert.equal(call?.type === 'function_call' && call.custom, true)
})

test('an answer that was cut off has an incomplete item', async (t: TestContext) => {
  for (const name of ['max-tokens.txt', 'cut-call.txt']) {
    const [item] = await itemsOf(name)
    t.assert.equal(item?.status, 'incomplete', name)
  }
})
