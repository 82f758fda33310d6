import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { callFields } from '../../telemetry/call-fields.ts'
import { createLogger } from '../../telemetry/logger.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLogger({ level: 'info', format: 'json', stream: { write: (line) => void lines.push(line) } }))
  return JSON.parse(lines[0] ?? '{}')
}

test('own fields stand below parley., and those of the schema where they are', (t: TestContext) => {
  const line = logged((log) => log.info({ responseId: 'resp_1', 'event.action': 'submit', attempt: 2 }, 'done'))
  t.assert.strictEqual(line['parley.response_id'], 'resp_1')
  t.assert.strictEqual(line['parley.attempt'], 2)
  t.assert.strictEqual(line['event.action'], 'submit')
  t.assert.ok(!('responseId' in line))
})

test('an error is told by the fields that the schema has for errors', (t: TestContext) => {
  const line = logged((log) => log.error({ err: new TypeError('broken'), responseId: 'resp_1' }, 'failed'))
  t.assert.strictEqual((line.error as { message: string }).message, 'broken')
  t.assert.strictEqual(line['parley.response_id'], 'resp_1')
})

test('a call is told by all its ids, and by a span only where there is one', (t: TestContext) => {
  const context = testContext({ tenant: 'acme', correlationId: 'corr-1' })
  const ids = { 'labels.correlation_id': 'corr-1', 'labels.tenant': 'acme', 'http.request.id': context.requestId }
  t.assert.deepStrictEqual(callFields(context), ids)
  const place = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7'
  const trace = { 'trace.id': '4bf92f3577b34da6a3ce929d0e0e4736' }
  t.assert.deepStrictEqual(callFields({ ...context, traceparent: `${place}-00` }), { ...ids, ...trace })
  t.assert.deepStrictEqual(callFields({ ...context, causationId: 'evt_1', traceparent: `${place}-01` }), {
    ...ids,
    ...trace,
    'labels.causation_id': 'evt_1',
    'span.id': '00f067aa0ba902b7',
  })
})
