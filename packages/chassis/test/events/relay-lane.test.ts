import { type TestContext, test } from 'node:test'
import { type Envelope, sequenceText } from '@parley/chassis/events/envelope.ts'
import { RelayLane } from '@parley/chassis/events/relay-lane.ts'

function envelope(seq: number): Envelope {
  return {
    specversion: '1.0',
    id: `evt_${seq}`,
    source: 'orders',
    type: 'order.placed.v1',
    subject: 'a',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: sequenceText(seq),
    tenant: 'tenant-a',
    correlationid: 'req_1',
    data: {},
  }
}

function stored(seq: number) {
  return { envelope: envelope(seq), seq, attempts: 0, nextAttemptAt: 0, parkedReason: null }
}

function numbers(lane: RelayLane): number[] {
  return lane.events.map(({ seq }) => seq)
}

test('the first event of a key is taken at once, and those that follow it without a gap', (t: TestContext) => {
  const lane = RelayLane.for(envelope(1))
  t.assert.strictEqual(lane.phase, 'sending')
  t.assert.strictEqual(lane.offer(envelope(2)), true)
  t.assert.strictEqual(lane.offer(envelope(4)), false)
  t.assert.strictEqual(lane.offer(envelope(3)), false, 'after a gap the outbox is asked')
  t.assert.deepStrictEqual(numbers(lane), [1, 2])
  t.assert.strictEqual(lane.isComplete, false)
})

test('a later event of a key may have others before it, so the outbox is asked', (t: TestContext) => {
  const lane = RelayLane.for(envelope(2))
  t.assert.strictEqual(lane.phase, 'loading')
  t.assert.deepStrictEqual(numbers(lane), [])
})

test('what is offered while the outbox is read is not taken, and asked for afterwards', (t: TestContext) => {
  const lane = new RelayLane({ source: 'orders', subject: 'a' })
  lane.beginLoading()
  t.assert.strictEqual(lane.offer(envelope(1)), false)
  lane.loaded([stored(1)], [stored(1)])
  t.assert.deepStrictEqual(numbers(lane), [1])
  t.assert.strictEqual(lane.isComplete, false)
  t.assert.strictEqual(lane.lastSeq, 1)
})

test('a lane that waits forgets its events and begins again with the first unpublished one', (t: TestContext) => {
  const lane = new RelayLane({ source: 'orders', subject: 'a' })
  lane.beginLoading()
  lane.loaded([stored(5), stored(6)], [stored(4), stored(5), stored(6)])
  lane.phase = 'sending'
  lane.advance()
  t.assert.strictEqual(lane.unload(), 1)
  t.assert.strictEqual(lane.lastSeq, 5)
  t.assert.strictEqual(lane.offer(envelope(6)), false)
  t.assert.deepStrictEqual(numbers(lane), [])
})
