import { type TestContext, test } from 'node:test'
import { never, periodAt } from '../../domain/budget-period.ts'
import { estimate } from '../../domain/estimate.ts'
import { price } from '../harness.ts'

const model = { contextTokensMax: 1_000, outputTokensMax: 100, price }

test('a day and a month are those of UTC, and a total never ends', (t: TestContext) => {
  const late = Date.UTC(2026, 1, 28, 23, 59, 59, 999)
  t.assert.deepStrictEqual(periodAt('day', late), { startsAt: Date.UTC(2026, 1, 28), endsAt: Date.UTC(2026, 2, 1) })
  t.assert.deepStrictEqual(periodAt('month', late), { startsAt: Date.UTC(2026, 1, 1), endsAt: Date.UTC(2026, 2, 1) })
  t.assert.deepStrictEqual(periodAt('day', late + 1).startsAt, Date.UTC(2026, 2, 1))
  const december = periodAt('month', Date.UTC(2026, 11, 31))
  t.assert.deepStrictEqual(december, { startsAt: Date.UTC(2026, 11, 1), endsAt: Date.UTC(2027, 0, 1) })
  t.assert.deepStrictEqual(periodAt('total', late), { startsAt: 0, endsAt: never })
})

test('an estimate is the input and the most output that is allowed', (t: TestContext) => {
  const given = { inputTokens: 10, provenance: 'exact' as const, answers: 1, model }
  t.assert.deepStrictEqual(estimate({ ...given, maxOutputTokens: 5 }), {
    costMicros: 15,
    tokens: 15,
    provenance: 'exact',
  })
  t.assert.strictEqual(estimate({ ...given, maxOutputTokens: undefined }).tokens, 110, "the model's own bound")
  const unbounded = { ...model, outputTokensMax: null }
  t.assert.strictEqual(estimate({ ...given, model: unbounded, maxOutputTokens: undefined }).tokens, 1_000)
  t.assert.strictEqual(estimate({ ...given, maxOutputTokens: 1_000_000 }).tokens, 1_000, 'the window bounds both')
  t.assert.strictEqual(estimate({ ...given, inputTokens: 5_000, maxOutputTokens: 5 }).tokens, 1_001)
  t.assert.strictEqual(estimate({ ...given, answers: 3, maxOutputTokens: 5 }).tokens, 25, 'every answer counts')
  t.assert.strictEqual(estimate({ ...given, answers: 0, maxOutputTokens: undefined }).tokens, 10, 'vectors do not')
  const unpriced = estimate({ ...given, model: { ...model, price: null }, maxOutputTokens: 5 })
  t.assert.deepStrictEqual([unpriced.costMicros, unpriced.tokens], [0, 15])
})
