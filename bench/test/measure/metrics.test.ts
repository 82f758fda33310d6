import { type TestContext, test } from 'node:test'
import { forEach, readCounter, without } from '../../measure/metrics.ts'

const TEXT = `# HELP trips_total How often.
# TYPE trips_total counter
trips_total{service="request"} 12
trips_total{service="response"} 1.5e+3
trips_total_other{service="request"} 99
`

test('a counter is read by service, and no other metric with it', (t: TestContext) => {
  t.assert.deepEqual(readCounter(TEXT, 'trips_total'), { request: 12, response: 1_500 })
  t.assert.deepEqual(readCounter(TEXT, 'trips'), {})
})

test('what was counted before does not count', (t: TestContext) => {
  const counted = without({ request: 12, response: 5 }, { request: 2 })
  t.assert.deepEqual(forEach(counted, 5), { request: 2, response: 1 })
})
