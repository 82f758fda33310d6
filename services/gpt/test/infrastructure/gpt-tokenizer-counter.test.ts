import { type TestContext, test } from 'node:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { GptTokenizerCounter } from '../../infrastructure/gpt-tokenizer-counter.ts'

const english = 'The quick brown fox doesn’t jump over 12,345 lazy dogs;\nit  sleeps.\n\n\tThen: "wakes"? '

test('known encodings are counted exactly', async (t: TestContext) => {
  const counter = new GptTokenizerCounter()
  t.assert.deepEqual(await counter.count('gpt-4o-mini', ['hello world']), { tokens: 2, provenance: 'exact' })
  t.assert.deepEqual(await counter.count('openai/gpt-5', ['hello', ' world']), { tokens: 2, provenance: 'exact' })
  t.assert.deepEqual(await counter.count('gpt-4', ['tiktoken is great!']), { tokens: 6, provenance: 'exact' })
})

test('models of other makers are estimated', async (t: TestContext) => {
  const counter = new GptTokenizerCounter()
  t.assert.deepEqual(await counter.count('llama-3', ['12345678']), { tokens: 2, provenance: 'estimated' })
})

test('control tokens in a text are text', async (t: TestContext) => {
  const counter = new GptTokenizerCounter()
  const { tokens, provenance } = await counter.count('gpt-5', ['<|endoftext|> <|im_start|>'])
  t.assert.deepEqual([tokens > 5, provenance], [true, 'exact'])
})

test('long text is counted in slices without changing the count', async (t: TestContext) => {
  const counter = new GptTokenizerCounter({ busyMsMax: 60_000 })
  const text = english.repeat(400)
  t.assert.deepEqual(await counter.count('gpt-5', [text]), { tokens: countTokens(text), provenance: 'exact' })
})

for (const [what, text] of [
  ['one letter, a million times', 'a'.repeat(1_000_000)],
  ['emoji', '😀🥰'.repeat(250_000)],
  ['spaces', ' '.repeat(1_000_000)],
  ['line ends', '\n'.repeat(1_000_000)],
  ['symbols', '=#'.repeat(500_000)],
  ['Han without a break', '的一是不了'.repeat(200_000)],
  ['combining marks', 'e\u0301\u0302'.repeat(300_000)],
  ['lone surrogates', '\ud800\udc00\udc00\ud800'.repeat(100_000)],
] as const) {
  test(`${what}: counted in bounded time, labelled as an estimate`, async (t: TestContext) => {
    const counter = new GptTokenizerCounter({ busyMsMax: 100 })
    await counter.count('gpt-5', ['loads the tables'])
    const startedAt = process.cpuUsage()
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const { tokens, provenance } = await counter.count('gpt-5', [text])
    clearInterval(timer)
    const busyMs = process.cpuUsage(startedAt).user / 1_000
    t.assert.equal(provenance, 'estimated')
    t.assert.ok(tokens > 0)
    t.assert.ok(busyMs < 1_500, `took ${busyMs} ms`)
    t.assert.ok(turns > 0, 'the event loop had a turn')
  })
}
