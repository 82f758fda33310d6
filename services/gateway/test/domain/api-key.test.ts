import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { assertScope, assertUsable, hintOf } from '../../domain/api-key.ts'
import { key } from '../harness.ts'

function codeOf(action: () => void): string | null {
  try {
    action()
    return null
  } catch (error) {
    return error instanceof AppError ? error.code : 'not an AppError'
  }
}

test('a key is usable until it expires or is revoked', (t: TestContext) => {
  t.assert.strictEqual(
    codeOf(() => assertUsable(key('a', { expiresAt: 101 }), 100)),
    null,
  )
  t.assert.strictEqual(
    codeOf(() => assertUsable(key('a', { expiresAt: 100 }), 100)),
    'KEY_EXPIRED',
  )
  t.assert.strictEqual(
    codeOf(() => assertUsable(key('a', { revokedAt: 1 }), 100)),
    'KEY_REVOKED',
  )
})

test('a scope that a key was not made with is missing', (t: TestContext) => {
  const { principal } = key('a', { scopes: ['inference'] })
  t.assert.strictEqual(
    codeOf(() => assertScope(principal, 'inference')),
    null,
  )
  t.assert.strictEqual(
    codeOf(() => assertScope(principal, 'keys')),
    'SCOPE_MISSING',
  )
})

test('a hint shows at most a quarter of a secret', (t: TestContext) => {
  t.assert.strictEqual(hintOf('parley-0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'), 'parley-0123')
  t.assert.strictEqual(hintOf('12345678'), '12')
})
