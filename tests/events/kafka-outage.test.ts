import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { createOutbox } from '@parley/chassis/events/outbox.ts'
import { newId, realClock } from '@parley/chassis/runtime/real-clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findKafka } from '@parley/testkit/services.ts'
import { EventHouse, numbersOf, upTo } from '../../packages/chassis/test/events/event-house.ts'
import { kafkaSettings, kafkaWay } from '../../packages/chassis/test/events/kafka-way.ts'
import { OrderPlaced } from '../../packages/chassis/test/events/order-events.ts'
import { type OwnKafka, startOwnKafka } from '../harness/own-kafka.ts'

const found = await findKafka()
// Where one runs, another one can; where none does, Java may be missing.
const skip = 'missing' in found ? found.missing : false
const timeoutMs = 40_000
/** How soon after an outage everything must work again. */
const liveAgainMs = 10_000

describe('a broker that fails', { skip }, () => {
  let folder = ''
  let kafka: OwnKafka
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-kafka-'))
    kafka = await startOwnKafka(folder)
  })
  after(async () => {
    await kafka?.kill()
    await rm(folder, { recursive: true, force: true })
  })

  test('down for long: events are accepted up to the stated backlog, then refused; all arrive once it is back', async (t: TestContext) => {
    const way = kafkaWay(kafkaSettings(kafka.brokers, { partitions: 2 }))
    await using house = await EventHouse.open(way, { limits: { keysMax: 20, backoffMaxMs: 500 } })
    await house.subscribe('billing')
    await house.publish('a1')
    await house.untilEffects(1, 'billing', timeoutMs)

    await kafka.kill()
    const { relay, store } = house.publisher
    const keys = 'abcdefghijklmnopqrst'.split('')
    await house.publish(...keys.flatMap((key) => (key === 'a' ? ['a2'] : [`${key}1`])))
    await waitUntil(() => relay.isFull(), { what: 'a full backlog', timeoutMs })
    const outbox = createOutbox({
      store,
      source: 'orders',
      newId,
      clock: realClock,
      onCommitted: () => {},
      isFull: () => relay.isFull(),
    })
    const refused = store.transaction((tx) =>
      outbox.publish(tx, testContext(), OrderPlaced, { orderId: 'z', step: 1 }, { seq: 1 }),
    )
    await t.assert.rejects(refused, { code: 'OVERLOADED' })
    t.assert.strictEqual((await relay.backlog()).events, 20)

    kafka = await startOwnKafka(folder, { port: kafka.port })
    const backMs = performance.now()
    await house.untilEffects(21, 'billing', timeoutMs)
    const tookMs = performance.now() - backMs
    t.diagnostic(`everything had arrived ${Math.round(tookMs)} ms after the broker was back`)
    t.assert.ok(tookMs < liveAgainMs)
    await house.untilOutboxIsEmpty()
    t.assert.strictEqual(relay.isFull(), false)
    t.assert.deepStrictEqual(numbersOf('a', await house.effects()), [1, 2])
  })

  test('silent: a transaction that publishes does not wait for it, and nothing is lost or doubled', async (t: TestContext) => {
    const way = kafkaWay(kafkaSettings(kafka.brokers, { partitions: 2 }))
    await using house = await EventHouse.open(way)
    await house.subscribe('billing')
    await house.publish('a1', 'b1')
    await house.untilEffects(2, 'billing', timeoutMs)

    process.kill(kafka.pid, 'SIGSTOP')
    const startedMs = performance.now()
    for (const seq of upTo(20)) await house.publish(`a${seq + 1}`, `b${seq + 1}`)
    const tookMs = performance.now() - startedMs
    process.kill(kafka.pid, 'SIGCONT')
    t.assert.ok(tookMs < 2_000, `publishing took ${tookMs} ms`)
    const names = await house.untilEffects(42, 'billing', timeoutMs)
    for (const key of ['a', 'b']) t.assert.deepStrictEqual(numbersOf(key, names), upTo(21))
  })

  test('killed and started again under load: every event has one effect, in the order of its key', async (t: TestContext) => {
    const way = kafkaWay(kafkaSettings(kafka.brokers, { partitions: 3 }))
    await using house = await EventHouse.open(way, { limits: { backoffMaxMs: 500 } })
    await house.subscribe('billing')
    const count = 150
    const publishing = (async () => {
      for (const seq of upTo(count)) {
        await house.publish(`a${seq}`, `b${seq}`, `c${seq}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })()
    await house.untilEffects(30, 'billing', timeoutMs)
    await kafka.kill()
    kafka = await startOwnKafka(folder, { port: kafka.port })
    await publishing
    const names = await house.untilEffects(count * 3, 'billing', timeoutMs)
    for (const key of ['a', 'b', 'c']) t.assert.deepStrictEqual(numbersOf(key, names), upTo(count))
  })
})
