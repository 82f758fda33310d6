import { type TestContext, test } from 'node:test'
import { costMicrosOf } from '../price.ts'

const price = { version: 'v', inputMicros: 250_000, cachedInputMicros: 25_000, outputMicros: 2_000_000 }

test('a cost is a whole number of millionths, rounded up once', (t: TestContext) => {
  const cost = (inputTokens: number, cachedInputTokens: number, outputTokens: number) =>
    costMicrosOf({ inputTokens, cachedInputTokens, outputTokens }, price)
  t.assert.strictEqual(cost(0, 0, 0), 0)
  t.assert.strictEqual(cost(1_000_000, 0, 1_000_000), 2_250_000)
  t.assert.strictEqual(cost(1, 0, 0), 1)
  t.assert.strictEqual(cost(3, 0, 1), 3, '0.75 + 2, rounded up')
  t.assert.strictEqual(cost(1_000_000, 1_000_000, 0), 25_000)
  t.assert.strictEqual(cost(10, 1_000_000, 0), 1, 'no more is cached than was sent')
})

test('without a price nothing costs anything, and absurd counts stay exact numbers', (t: TestContext) => {
  const absurd = { inputTokens: Number.MAX_SAFE_INTEGER, cachedInputTokens: 0, outputTokens: Number.MAX_SAFE_INTEGER }
  t.assert.strictEqual(costMicrosOf(absurd, null), 0)
  t.assert.strictEqual(costMicrosOf(absurd, { ...price, outputMicros: 1_000_000_000_000 }), Number.MAX_SAFE_INTEGER)
})
