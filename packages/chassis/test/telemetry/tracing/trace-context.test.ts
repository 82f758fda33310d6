import { type TestContext, test } from 'node:test'
import {
  isSampled,
  readTraceparent,
  readTracestate,
  spanIdOf,
  toTraceparent,
  traceIdOf,
} from '../../../telemetry/tracing/trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const valid = `00-${traceId}-${spanId}-01`

test('a traceparent is taken as W3C writes it, and that of a later version as far as it is known', (t: TestContext) => {
  t.assert.strictEqual(readTraceparent(valid), valid)
  t.assert.strictEqual(readTraceparent(`cc-${traceId}-${spanId}-01-what-comes-later`), valid)
  const wrong = [
    undefined,
    '',
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `${valid}-more`,
    `${valid}, ${valid}`,
    `00-${traceId}-${spanId}`,
  ]
  for (const value of wrong) t.assert.strictEqual(readTraceparent(value), null, String(value))
})

test('the flag of recording is one bit among others', (t: TestContext) => {
  const sampled = ['00', '01', '02', '03', '09', '0a', '0b', 'ff'].filter((flags) =>
    isSampled(`00-${traceId}-${spanId}-${flags}`),
  )
  t.assert.deepStrictEqual(sampled, ['01', '03', '09', '0b', 'ff'])
})

test('a traceparent is put together as it is taken apart', (t: TestContext) => {
  t.assert.strictEqual(toTraceparent(traceIdOf(valid), spanIdOf(valid), true), valid)
})

test('a tracestate that is too long or not visible is not passed on', (t: TestContext) => {
  t.assert.strictEqual(readTracestate('vendor=value,other=1'), 'vendor=value,other=1')
  for (const value of [undefined, '', `vendor=${'x'.repeat(512)}`, 'vendor=\u0007']) {
    t.assert.strictEqual(readTracestate(value), null)
  }
})
