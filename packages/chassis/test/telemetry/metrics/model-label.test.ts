import { type TestContext, test } from 'node:test'
import { createModelLabel } from '@parley/chassis/telemetry/metrics/model-label.ts'

const isListed = (model: string) => model === 'house-model'

test('a listed model is shown by its name, a priced one without provider and date', (t: TestContext) => {
  const labelOf = createModelLabel({ isListed, unlistedMax: 0 })
  t.assert.strictEqual(labelOf('house-model', false), 'house-model')
  t.assert.strictEqual(labelOf('gpt-5-mini', true), 'gpt-5-mini')
  t.assert.strictEqual(labelOf('openai/gpt-5-mini-2025-08-07', true), 'gpt-5-mini')
})

test('whatever callers make up is other, beyond as many names as are allowed', (t: TestContext) => {
  const strict = createModelLabel({ isListed, unlistedMax: 0 })
  t.assert.strictEqual(strict('made-up', false), 'other')
  const lenient = createModelLabel({ isListed, unlistedMax: 2 })
  const labels = Array.from({ length: 1_000 }, (_, index) => lenient(`made-up-${index}`, false))
  t.assert.deepStrictEqual(new Set(labels), new Set(['made-up-0', 'made-up-1', 'other']))
  t.assert.strictEqual(lenient('made-up-1', false), 'made-up-1')
})
