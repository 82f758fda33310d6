import { type TestContext, test } from 'node:test'
import { freeTurn, requireFree, takeTurn } from '../../domain/turn-lock.ts'
import { failsWith } from '../harness.ts'

const sessionId = 'conv_1'
const held = { responseId: 'resp_1', leaseUntilMs: 2_000 }

test('a free session is taken until the lease ends', (t: TestContext) => {
  const lock = takeTurn({ sessionId, lock: null, nowMs: 1_000 }, { responseId: 'resp_1', leaseMs: 500 })
  t.assert.deepStrictEqual(lock, { responseId: 'resp_1', leaseUntilMs: 1_500 })
})

test('taking it again renews the lease', (t: TestContext) => {
  const lock = takeTurn({ sessionId, lock: held, nowMs: 1_900 }, { responseId: 'resp_1', leaseMs: 500 })
  t.assert.deepStrictEqual(lock, { responseId: 'resp_1', leaseUntilMs: 2_400 })
})

test('another response is refused until the lease has lapsed', (t: TestContext) => {
  const take = (nowMs: number) => takeTurn({ sessionId, lock: held, nowMs }, { responseId: 'resp_2', leaseMs: 500 })
  t.assert.throws(() => take(1_999), failsWith('SESSION_BUSY', /resp_1.*conv_1.*Wait/))
  t.assert.deepStrictEqual(take(2_000), { responseId: 'resp_2', leaseUntilMs: 2_500 })
})

test('a session is free without a lock or with a lapsed one', (t: TestContext) => {
  t.assert.throws(() => requireFree({ sessionId, lock: held, nowMs: 1_999 }), failsWith('SESSION_BUSY'))
  t.assert.doesNotThrow(() => requireFree({ sessionId, lock: held, nowMs: 2_000 }))
  t.assert.doesNotThrow(() => requireFree({ sessionId, lock: null, nowMs: 0 }))
})

test('only the response that holds the lock frees it', (t: TestContext) => {
  t.assert.strictEqual(freeTurn(held, 'resp_1'), null)
  t.assert.strictEqual(freeTurn(held, 'resp_2'), held)
  t.assert.strictEqual(freeTurn(null, 'resp_1'), null)
})
