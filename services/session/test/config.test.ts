import { type TestContext, test } from 'node:test'
import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { loadConfig } from '../config.ts'

function load(env: Record<string, string>) {
  const reader = new EnvReader(env)
  const config = loadConfig(reader)
  reader.throwIfProblems()
  return config
}

test('without settings the defaults hold', (t: TestContext) => {
  t.assert.deepStrictEqual(load({}), {
    turnLeaseMs: 900_000,
    reservationMs: 8_000,
    idleAfterMs: 1_800_000,
    expireAfterMs: 2_592_000_000,
    sweepIntervalMs: 60_000,
    contextItemsMax: 200,
  })
})

test('settings that cannot be used are named together', (t: TestContext) => {
  const wrong = { SESSION_TURN_LEASE_MS: 'soon', SESSION_IDLE_AFTER_MS: '5000', SESSION_EXPIRE_AFTER_MS: '4000' }
  t.assert.throws(() => load(wrong), /SESSION_TURN_LEASE_MS must be[\s\S]*SESSION_EXPIRE_AFTER_MS must not be less/)
})
