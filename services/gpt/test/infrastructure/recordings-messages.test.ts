import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import type { ModelStep } from '../../application/ports.ts'
import { anthropicClientOf } from '../client-of.ts'
import { type Expected, replay, splits, summary } from '../replay.ts'

const folder = new URL('../recordings-messages/', import.meta.url)
const nothing = { text: '', reasoning: '', refusal: '', calls: [], model: 'claude-sonnet-4-5-20250929' }
const opus = { model: 'claude-opus-4-8' }
const usage = [25, 0, 15, 0]
const greeting = 'Grüße 👋🏽 — naïve\ncafé 東京.'

const expectations: Record<string, Expected> = {
  'text.txt': { ...nothing, text: greeting, finish: 'stop', usage: [49, 16, 15, 0] },
  'parallel-tools.txt': {
    ...nothing,
    text: 'I look.',
    calls: ['toolu_01A get_weather {"city": "Zürich"}', 'toolu_01B get_time {}'],
    finish: 'tool-calls',
    usage: [25, 0, 89, 0],
  },
  'thinking.txt': {
    ...nothing,
    ...opus,
    reasoning: 'Two plus two.',
    text: '4',
    finish: 'stop',
    usage: [25, 0, 30, 24],
  },
  'omitted-thinking.txt': { ...nothing, ...opus, text: 'Yes.', finish: 'stop', usage },
  'stop-sequence.txt': { ...nothing, text: 'One, two, ', finish: 'stop', usage },
  'max-tokens.txt': { ...nothing, text: 'Half an', finish: 'length', usage: [25, 0, 2, 0] },
  'cut-call.txt': {
    ...nothing,
    calls: ['toolu_01C get_weather {"city": "Zü'],
    finish: 'length',
    usage: [25, 0, 5, 0],
  },
  'refusal.txt': { ...nothing, text: 'I can', finish: 'content-filter', usage: [25, 0, 4, 0] },
  'citations.txt': { ...nothing, text: 'By the report, the grass is green', finish: 'stop', usage },
  'web-search.txt': { ...nothing, text: 'Sunny.', finish: 'stop', usage: [25, 0, 40, 0] },
  'empty.txt': { ...nothing, finish: 'stop', usage: [25, 0, 2, 0] },
  'whole-text.txt': { ...nothing, text: greeting, finish: 'stop', usage: [49, 16, 15, 0] },
  'whole-tools.txt': {
    ...nothing,
    reasoning: 'Two plus two.',
    text: 'I look.',
    calls: ['toolu_01A get_weather {"city":"Zürich"}', 'toolu_01B get_time {}'],
    finish: 'tool-calls',
    usage,
  },
}

const typeOf = (name: string) => (name.includes('whole') ? 'application/json' : 'text/event-stream')

async function stepsOf(name: string): Promise<readonly ModelStep[]> {
  const [steps = []] = await replay(anthropicClientOf, [[await readFile(new URL(name, folder))]], typeOf(name))
  return steps
}

async function itemsOf(name: string): Promise<Item[]> {
  return (await stepsOf(name)).flatMap((step) => (step.type === 'item-end' ? [step.item] : []))
}

test('every recording has an expectation', async (t) => {
  t.assert.deepEqual((await readdir(folder)).sort(), Object.keys(expectations).sort())
})

for (const [name, expected] of Object.entries(expectations)) {
  test(`${name} gives the same steps however its bytes are cut`, async (t) => {
    const all = splits(await readFile(new URL(name, folder)))
    const [first, ...others] = await replay(anthropicClientOf, all, typeOf(name))
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
  'pings and comments everywhere': (text: string) =>
    text.replaceAll('event: content', ': x\n\nevent: ping\ndata: {"type": "ping"}\n\nevent: content'),
  'events after the end': (text: string) => `${text}data: {"type":"content_block_delta","index":0}\n\n`,
  'unknown events': (text: string) => `event: surprise\ndata: {"type":"surprise"}\n\n${text}`,
  'deltas of an unknown type': (text: string) =>
    text.replaceAll(
      'event: content_block_stop',
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"surprise"}}\n\nevent: content_block_stop',
    ),
})) {
  test(`a stream with ${what} means the same`, async (t) => {
    const original = (await readFile(new URL('text.txt', folder))).toString()
    const [plain] = await replay(anthropicClientOf, [[Buffer.from(original)]], 'text/event-stream')
    const changed = await replay(anthropicClientOf, splits(Buffer.from(change(original))), 'text/event-stream')
    const reference = JSON.stringify(plain)
    t.assert.equal(
      changed.findIndex((steps) => JSON.stringify(steps) !== reference),
      -1,
    )
  })
}

test('reasoning keeps what its provider signed and what only its provider can read', async (t) => {
  const reasoning = (await itemsOf('thinking.txt')).filter((item) => item.type === 'reasoning')
  t.assert.deepEqual(
    reasoning.map(({ content, signature, encrypted_content: data }) => [content?.[0]?.text, signature, data]),
    [
      ['Two plus two.', 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds', undefined],
      [undefined, undefined, 'EmwKAhgBEgy3va3pzix'],
    ],
  )
  const [omitted] = await itemsOf('omitted-thinking.txt')
  t.assert.equal(omitted?.type === 'reasoning' && omitted.signature, 'EqQB')
})

test('an answer that was cut off has an incomplete item', async (t) => {
  for (const name of ['max-tokens.txt', 'cut-call.txt', 'refusal.txt']) {
    const [item] = await itemsOf(name)
    t.assert.equal(item?.status, 'incomplete', name)
  }
})

test('what only this dialect says comes along: citations, tools of the provider, the end', async (t) => {
  const [, cited] = await itemsOf('citations.txt')
  t.assert.equal(cited?.native?.dialect, 'messages')
  t.assert.equal(JSON.stringify(cited?.native?.fields['citations']).match(/char_location/g)?.length, 1)
  const [search, result] = await itemsOf('web-search.txt')
  t.assert.deepEqual(search?.native?.fields['block'], {
    type: 'server_tool_use',
    id: 'srvtoolu_01',
    name: 'web_search',
    input: { query: 'weather NYC' },
  })
  t.assert.match(JSON.stringify(result?.native?.fields['block']), /"type":"web_search_tool_result"/)
  const end = (await stepsOf('refusal.txt')).at(-1)
  t.assert.deepEqual(end?.type === 'model-end' && end.native?.fields['stop_details'], {
    type: 'refusal',
    category: 'cyber',
    explanation: null,
  })
})

test('tokens that were written to the cache are counted as input, and told apart', async (t) => {
  for (const name of ['text.txt', 'whole-text.txt']) {
    const end = (await stepsOf(name)).at(-1)
    t.assert.deepEqual(end?.type === 'model-end' && end.usage, {
      inputTokens: 49,
      cachedInputTokens: 16,
      cacheWriteTokens: 8,
      outputTokens: 15,
      reasoningTokens: 0,
      provenance: 'provider',
    })
  }
})

test('the stop sequence that was met is told', async (t) => {
  const end = (await stepsOf('stop-sequence.txt')).at(-1)
  t.assert.equal(end?.type === 'model-end' && end.stopSequence, 'three')
})
