import { type TestContext, test } from 'node:test'
import { decodeEvent, encodeEvent } from '@parley/chassis/events/kafka/kafka-record.ts'
import { recordBytesMax, retentionMs } from '@parley/chassis/events/kafka/kafka-topics.ts'
import { inboxRetentionMs } from '@parley/chassis/runtime/prune-inboxes.ts'
import fc from 'fast-check'
import { placedEnvelope } from '../order-events.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test('an event is read as it was written, trace and correlation included', (t: TestContext) => {
  for (const changes of [{}, { traceparent, causationid: 'req_9' }, { replayfor: 'billing' }]) {
    const envelope = placedEnvelope('a', 7, { ...changes, data: { text: 'Zürich 🚲', nested: [1, null] } })
    t.assert.deepStrictEqual(decodeEvent(encodeEvent(envelope)), { status: 'event', envelope })
  }
})

test('its attributes are headers of the CloudEvents binding, its key is the subject', (t: TestContext) => {
  const { key, value, headers } = encodeEvent(placedEnvelope('order-1', 2, { traceparent }))
  t.assert.strictEqual(key?.toString(), 'order-1')
  t.assert.deepStrictEqual(JSON.parse(value?.toString() ?? ''), { orderId: 'order-1', step: 2 })
  const texts = Object.fromEntries([...headers].map(([name, bytes]) => [name, bytes.toString()]))
  t.assert.strictEqual(texts['content-type'], 'application/json')
  t.assert.strictEqual(texts.ce_specversion, '1.0')
  t.assert.strictEqual(texts.ce_id, 'evt_order-12')
  t.assert.strictEqual(texts.ce_correlationid, 'req_1')
  t.assert.strictEqual(texts.ce_traceparent, traceparent)
  t.assert.strictEqual(texts.traceparent, traceparent)
})

test('undecodable bytes are told from events by a reason that does not repeat them', (t: TestContext) => {
  const good = encodeEvent(placedEnvelope('a', 1))
  const without = new Map(good.headers)
  without.delete('ce_tenant')
  const cases = [
    { ...good, value: null },
    { ...good, value: Buffer.from('{"secret":') },
    { ...good, value: Buffer.from([0xff, 0xfe, 0x00]) },
    { ...good, value: Buffer.alloc(recordBytesMax + 1, 0x20) },
    { ...good, headers: new Map() },
    { ...good, headers: without },
    { ...good, headers: new Map(good.headers).set('ce_sequence', Buffer.from('secret')) },
  ]
  for (const record of cases) {
    const decoded = decodeEvent(record)
    t.assert.strictEqual(decoded.status, 'undecodable')
    t.assert.doesNotMatch(decoded.status === 'undecodable' ? decoded.reason : '', /secret/)
  }
})

test('no bytes make reading fail', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
  const headers = fc.array(fc.tuple(fc.constantFrom('ce_id', 'ce_type', '__proto__', 'ce___proto__', 'x'), bytes))
  fc.assert(
    fc.property(fc.option(bytes), fc.option(bytes), headers, (key, value, entries) => {
      decodeEvent({ key, value, headers: new Map(entries) })
    }),
  )
})

test('the dedupe window is longer than redelivery: an inbox remembers longer than a topic keeps', (t: TestContext) => {
  t.assert.ok(inboxRetentionMs > retentionMs)
})
