import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { clientOf } from '../client-of.ts'
import { type Expected, replay, splits, summary } from '../replay.ts'

const folder = new URL('../recordings/', import.meta.url)

const nothing = { text: '', reasoning: '', refusal: '', calls: [] }
const gpt5 = { model: 'gpt-5-mini-2025-08-07' }
const zurich = 'call_9aQx get_weather {"city": "Zürich"}'
const deepseek = 'deepseek-ai/DeepSeek-R1-Distill-Qwen-7B'

const expectations: Record<string, Expected> = {
  'openai-text.txt': {
    ...nothing,
    ...gpt5,
    text: 'Grüße 👋🏽 — naïve\ncafé 東京.',
    finish: 'stop',
    usage: [23, 16, 74, 64],
  },
  'openai-parallel-tools.txt': {
    ...nothing,
    ...gpt5,
    calls: [zurich, 'call_7bRy get_time {"zone": "CET"}'],
    finish: 'tool-calls',
    usage: [81, 0, 46, 0],
  },
  'openai-refusal.txt': { ...nothing, ...gpt5, refusal: "I'm sorry, no.", finish: 'stop', usage: [12, 0, 6, 0] },
  'azure-content-filter.txt': { ...nothing, ...gpt5, text: 'Half an', finish: 'content-filter', usage: null },
  'ollama-thinking.txt': {
    ...nothing,
    reasoning: 'The user greets me.',
    text: 'Hello there!',
    finish: 'stop',
    usage: [11, 0, 29, 0],
    model: 'qwen3:4b',
  },
  'ollama-tools.txt': {
    ...nothing,
    calls: ['call_hx81 get_weather {"city":"Paris"}'],
    finish: 'tool-calls',
    usage: [160, 0, 21, 0],
    model: 'qwen3:4b',
  },
  'vllm-reasoning.txt': {
    ...nothing,
    reasoning: 'Two plus two.',
    text: '4',
    finish: 'length',
    usage: [9, 0, 5, 0],
    model: deepseek,
  },
  'openrouter-comments.txt': {
    ...nothing,
    text: 'Hi',
    finish: 'stop',
    usage: [14, 0, 2, 0],
    model: 'meta-llama/llama-3.3-70b-instruct',
  },
  'gemini-tools.txt': {
    ...nothing,
    calls: ['function-call-1 get_weather {"city":"Rome"}', 'function-call-2 get_weather {"city":"Oslo"}'],
    finish: 'tool-calls',
    usage: [50, 0, 20, 0],
    model: 'gemini-2.5-flash',
  },
  'mistral-thinking.txt': {
    ...nothing,
    reasoning: 'Let me see.',
    text: 'Yes.',
    finish: 'stop',
    usage: [7, 0, 12, 0],
    model: 'magistral-small-latest',
  },
  'interleaved-tools.txt': {
    ...nothing,
    ...gpt5,
    calls: ['call_a first {"a":1}', 'call_b second {"b":2}'],
    finish: 'tool-calls',
    usage: null,
  },
  'openai-whole-text.txt': { ...nothing, ...gpt5, text: 'Grüße 👋🏽', finish: 'stop', usage: [23, 16, 74, 64] },
  'openai-whole-named-tool.txt': { ...nothing, ...gpt5, calls: [zurich], finish: 'tool-calls', usage: [81, 0, 16, 0] },
  'vllm-whole-reasoning.txt': {
    ...nothing,
    reasoning: 'Two plus two.',
    text: '4',
    finish: 'length',
    usage: [9, 0, 5, 0],
    model: deepseek,
  },
}

test('every recording has an expectation', async (t) => {
  t.assert.deepEqual((await readdir(folder)).sort(), Object.keys(expectations).sort())
})

for (const [name, expected] of Object.entries(expectations)) {
  test(`${name} gives the same steps however its bytes are cut`, async (t) => {
    const type = name.includes('whole') ? 'application/json' : 'text/event-stream'
    const all = splits(await readFile(new URL(name, folder)))
    const [first, ...others] = await replay(clientOf, all, type)
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
  'CR line ends': (text: string) => text.replaceAll('\n', '\r'),
  'a byte order mark': (text: string) => `\uFEFF${text}`,
  'no space after the colon': (text: string) => text.replaceAll('data: ', 'data:'),
  'comments, ids and unknown fields': (text: string) =>
    text.replaceAll('data: ', ': ping\nid: 7\nretry: 10\nx: y\ndata: '),
  'data over several lines': (text: string) => text.replaceAll('"choices":', '\ndata: "choices":'),
  'events after the end': (text: string) => `${text}data: {"choices":[{"delta":{"content":"late"}}]}\n\n`,
  'unknown events': (text: string) => `data: {"type":"surprise"}\n\n${text}`,
})) {
  test(`a stream with ${what} means the same`, async (t) => {
    const original = (await readFile(new URL('openai-text.txt', folder))).toString()
    const [plain] = await replay(clientOf, [[Buffer.from(original)]], 'text/event-stream')
    const changed = await replay(clientOf, splits(Buffer.from(change(original))), 'text/event-stream')
    const reference = JSON.stringify(plain)
    t.assert.equal(
      changed.findIndex((steps) => JSON.stringify(steps) !== reference),
      -1,
    )
  })
}
