import { type TestContext, test } from 'node:test'
import { CallMetrics } from '@parley/chassis/telemetry/metrics/call-metrics.ts'
import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import { Registry } from 'prom-client'

const outcomes: readonly (readonly [ErrorCode, string])[] = [
  ['SESSION_NOT_FOUND', 'refused'],
  ['BUDGET_EXHAUSTED', 'refused'],
  ['STORE_UNAVAILABLE', 'failed'],
  ['INTERNAL', 'failed'],
  ['CALL_TIMEOUT', 'timeout'],
  ['SERVICE_UNAVAILABLE', 'unavailable'],
  ['OUTCOME_UNKNOWN', 'unknown-outcome'],
  ['CONTRACT_VIOLATED', 'contract'],
  ['CALL_CANCELLED', 'cancelled'],
]

for (const [code, outcome] of outcomes) {
  test(`a call that ends with ${code} counts as ${outcome}`, async (t: TestContext) => {
    const registry = new Registry()
    const meter = new CallMetrics(registry).made('session', 'getSession', 'remote')
    meter.ended(performance.now(), new AppError(code, 'It did not work.'))
    const series = `parley_calls_total\\{service="session",call="getSession",placement="remote",outcome="${outcome}"\\} 1`
    t.assert.match(await registry.metrics(), new RegExp(`^${series}$`, 'm'))
  })
}

test('what is no expected failure counts as failed, an answer as ok, and each is timed', async (t: TestContext) => {
  const registry = new Registry()
  const meter = new CallMetrics(registry).served('session', 'getSession')
  meter.ended(performance.now() - 200, null)
  meter.ended(performance.now(), new Error('a defect'))
  const text = await registry.metrics()
  t.assert.match(text, /^parley_served_calls_total\{service="session",call="getSession",outcome="ok"\} 1$/m)
  t.assert.match(text, /^parley_served_calls_total\{service="session",call="getSession",outcome="failed"\} 1$/m)
  t.assert.match(text, /^parley_served_call_duration_seconds_count\{service="session",call="getSession"\} 2$/m)
  t.assert.match(
    text,
    /^parley_served_call_duration_seconds_bucket\{le="0.1",service="session",call="getSession"\} 1$/m,
  )
})
