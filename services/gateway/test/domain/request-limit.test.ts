import { type TestContext, test } from 'node:test'
import { decideLimit } from '../../domain/request-limit.ts'

test('a minute’s worth may come at once, and then one at a time', (t: TestContext) => {
  let arrivalMs = 0
  const remaining: number[] = []
  for (let count = 0; count < 60; count++) {
    const decision = decideLimit(arrivalMs, 1_000, 60)
    t.assert.ok(decision.admitted)
    remaining.push(decision.remaining)
    arrivalMs = decision.theoreticalArrivalMs
  }
  t.assert.deepStrictEqual(
    remaining,
    Array.from({ length: 60 }, (_, index) => 59 - index),
  )
  const refused = decideLimit(arrivalMs, 1_000, 60)
  t.assert.deepStrictEqual(refused, {
    admitted: false,
    theoreticalArrivalMs: 61_000,
    remaining: 0,
    resetMs: 60_000,
    retryAfterMs: 1_000,
  })
  t.assert.ok(!decideLimit(arrivalMs, 1_999, 60).admitted)
  t.assert.ok(decideLimit(arrivalMs, 2_000, 60).admitted)
})

test('a refused request costs nothing, and waiting as told is enough', (t: TestContext) => {
  for (const perMinute of [1, 7, 100, 999_983]) {
    let arrivalMs = 0
    let nowMs = 5
    let admitted = 0
    while (admitted < Math.min(perMinute, 2_000) + 20) {
      const decision = decideLimit(arrivalMs, nowMs, perMinute)
      arrivalMs = decision.theoreticalArrivalMs
      if (decision.admitted) admitted++
      else {
        t.assert.ok(decideLimit(arrivalMs, nowMs + decision.retryAfterMs, perMinute).admitted, `${perMinute}`)
        nowMs += decision.retryAfterMs
      }
    }
  }
})

test('time that went by is not saved up beyond a minute', (t: TestContext) => {
  const decision = decideLimit(0, 10 * 60_000, 10)
  t.assert.strictEqual(decision.remaining, 9)
  t.assert.strictEqual(decision.resetMs, 6_000)
})
