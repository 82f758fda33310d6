import { type TestContext, test } from 'node:test'
import { encodeEvent } from '@parley/chassis/events/kafka/kafka-record.ts'
import { createRecordHandler } from '@parley/chassis/events/kafka/record-handler.ts'
import type { DeliveryResult } from '@parley/chassis/events/transport.ts'
import { OrderPlaced, placedEnvelope, silentLog } from '../order-events.ts'

function open(answers: DeliveryResult[], { bury = async () => {} }: { bury?: () => Promise<void> } = {}) {
  const buried: string[] = []
  let taken = 0
  const handle = createRecordHandler({
    consumer: 'billing',
    types: [OrderPlaced.type],
    receive: async () => [answers[taken++] ?? { status: 'done' }],
    bury: async (_record, reason) => {
      await bury()
      buried.push(reason)
    },
    log: silentLog,
    limits: { attemptsMax: 3, backoffMinMs: 1, backoffMaxMs: 2 },
  })
  return { handle, buried, taken: () => taken }
}

function record(changes: Parameters<typeof placedEnvelope>[2] = {}) {
  return { ...encodeEvent(placedEnvelope('a', 1, changes)), topic: 'orders', partition: 0, offset: 5n }
}

const never = new AbortController().signal
const retry: DeliveryResult = { status: 'retry', reason: 'STORE_UNAVAILABLE' }
const failed: DeliveryResult = { status: 'failed', reason: 'TypeError: poison' }

test('an event is handed over until it is done, however often it is answered retry', async (t: TestContext) => {
  const { handle, buried, taken } = open(Array.from({ length: 20 }, () => retry))
  t.assert.strictEqual(await handle(record(), never), true)
  t.assert.strictEqual(taken(), 21)
  t.assert.deepStrictEqual(buried, [])
})

test('a poison event is put aside after some tries, a rejected and an unreadable one at once, each with its reason', async (t: TestContext) => {
  const poison = open([failed, retry, failed, failed])
  t.assert.strictEqual(await poison.handle(record(), never), true)
  t.assert.deepStrictEqual([poison.taken(), poison.buried], [4, ['TypeError: poison']])

  const rejected = open([{ status: 'rejected', reason: 'its step must be integer' }])
  await rejected.handle(record(), never)
  t.assert.deepStrictEqual([rejected.taken(), rejected.buried], [1, ['its step must be integer']])

  const unreadable = open([])
  await unreadable.handle({ ...record(), value: Buffer.from('{') }, never)
  t.assert.deepStrictEqual([unreadable.taken(), unreadable.buried], [0, ['its value is not JSON']])
})

test('what cannot be put aside is not lost: it is tried again', async (t: TestContext) => {
  let failures = 2
  const { handle, buried } = open([], {
    bury: async () => {
      if (failures-- > 0) throw new Error('Kafka is down')
    },
  })
  t.assert.strictEqual(await handle({ ...record(), value: null }, never), true)
  t.assert.deepStrictEqual(buried, ['it has no value'])
})

test('events of other types, and those sent again for somebody else, are passed over', async (t: TestContext) => {
  const { handle, taken } = open([])
  t.assert.strictEqual(await handle(record({ type: 'order.shipped.v1' }), never), true)
  t.assert.strictEqual(await handle(record({ replayfor: 'stock' }), never), true)
  t.assert.strictEqual(taken(), 0)
  await handle(record({ replayfor: 'billing' }), never)
  t.assert.strictEqual(taken(), 1)
})

test('a fenced member stops trying and does not call its record done', async (t: TestContext) => {
  const fence = new AbortController()
  const { handle } = open(Array.from({ length: 1_000 }, () => retry))
  const handled = handle(record(), fence.signal)
  fence.abort()
  t.assert.strictEqual(await handled, false)
})
