import { describe, type TestContext, test } from 'node:test'
import { withEventTables } from '@parley/chassis/events/event-tables.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import { createLatch } from '@parley/testkit/latch.ts'
import { EventHouse, numbersOf, upTo, type Way } from './event-house.ts'
import { nameOf } from './order-events.ts'

/** What holds from the outbox of one service to the inbox of another, whatever carries the events. */
export function deliverySuite(
  name: string,
  { openWay, skip = false }: { openWay: (consumers: readonly string[]) => Way; skip?: string | false },
): void {
  const open = async (...consumers: string[]) => {
    const house = await EventHouse.open(openWay(consumers))
    await house.subscribe(...consumers)
    return house
  }

  describe(`events on their way: ${name}`, { skip, concurrency: 4 }, () => {
    test('many events of several keys have one effect each, in the order of their keys', async (t: TestContext) => {
      await using house = await open('billing')
      for (const seq of upTo(40)) await house.publish(`a${seq}`, `b${seq}`, `c${seq}`)
      const names = await house.untilEffects(120)
      for (const key of ['a', 'b', 'c']) t.assert.deepStrictEqual(numbersOf(key, names), upTo(40))
    })

    test('commit without publication: an event is published later, and one that was not committed never', async (t: TestContext) => {
      await using house = await open('billing')
      const { transport } = house.way
      const deliver = transport.deliver.bind(transport)
      let failures = 3
      house.way.transport.deliver = async (...given) => {
        if (failures-- > 0) throw new Error('the way is cut')
        return deliver(...given)
      }
      await house.publish('a1')
      await t.assert.rejects(house.publish('a1'), /UNIQUE/)
      t.assert.deepStrictEqual(await house.untilEffects(1), ['a1'])
      await house.untilOutboxIsEmpty()
      t.assert.ok(failures < 0)
      t.assert.deepStrictEqual(await house.effects(), ['a1'])
    })

    test('an answer that is lost: the event comes again and has no second effect', async (t: TestContext) => {
      await using house = await open('billing')
      const { transport } = house.way
      const deliver = transport.deliver.bind(transport)
      let losses = 2
      house.way.transport.deliver = async (...given) => {
        const results = await deliver(...given)
        if (losses-- > 0) throw new Error('the answer is lost')
        return results
      }
      await house.publish('a1', 'a2')
      await house.untilOutboxIsEmpty()
      t.assert.deepStrictEqual(await house.untilEffects(2), ['a1', 'a2'])
    })

    test('a zombie relay that publishes late changes nothing', async (t: TestContext) => {
      await using house = await open('billing')
      const { transport } = house.way
      const deliver = transport.deliver.bind(transport)
      const sent: Parameters<typeof deliver>[] = []
      house.way.transport.deliver = (...given) => {
        sent.push(given)
        return deliver(...given)
      }
      await house.publish('a1', 'a2', 'a3')
      await house.untilEffects(3)
      for (const given of sent.toReversed()) await deliver(...given)
      await house.publish('a4', 'b1')
      await house.untilEffects(5)
      t.assert.deepStrictEqual(numbersOf('a', await house.effects()), [1, 2, 3, 4])
    })

    test('replaying what was handled sends no side effect again', async (t: TestContext) => {
      await using house = await open('billing', 'stock')
      let effects = 0
      house.within = () => void effects++
      const { transport } = house.way
      const deliver = transport.deliver.bind(transport)
      const sent: Parameters<typeof deliver>[] = []
      house.way.transport.deliver = (...given) => {
        sent.push(given)
        return deliver(...given)
      }
      await house.publish('a1', 'b1')
      await house.untilEffects(2)
      await house.untilEffects(2, 'stock')
      for (const given of sent) await deliver(...given)
      await house.publish('a2')
      await house.untilEffects(3)
      await house.untilEffects(3, 'stock')
      t.assert.deepStrictEqual((await house.effects()).toSorted(), ['a1', 'a2', 'b1'])
    })

    test('a retry holds its own key and no other, and the next event of the key does not pass it', async (t: TestContext) => {
      await using house = await open('billing')
      const opened = createLatch()
      house.within = (envelope) => {
        if (nameOf(envelope) === 'a1' && !opened.isOpen) throw new AppError('STORE_UNAVAILABLE', 'not now')
      }
      await house.publish('a1', 'a2', 'b1', 'b2', 'b3')
      t.assert.deepStrictEqual(await house.untilEffects(3), ['b1', 'b2', 'b3'])
      opened.open()
      await house.untilEffects(5)
      t.assert.deepStrictEqual(numbersOf('a', await house.effects()), [1, 2])
    })

    test('two services of one process each take the event', async (t: TestContext) => {
      await using house = await open('billing', 'stock')
      await house.publish('a1', 'a2')
      t.assert.deepStrictEqual(await house.untilEffects(2), ['a1', 'a2'])
      t.assert.deepStrictEqual(await house.untilEffects(2, 'stock'), ['a1', 'a2'])
    })

    test('the outbox does not grow with what was published', async (t: TestContext) => {
      await using house = await open('billing')
      for (const seq of upTo(200)) await house.publish(`a${seq}`, `b${seq}`)
      await house.untilOutboxIsEmpty()
      const rows = await withEventTables(house.publisher.store).read.selectFrom('outbox').selectAll().execute()
      t.assert.deepStrictEqual(rows, [])
      await house.untilEffects(400)
    })

    test('trace, correlation and tenant arrive with the event', async (t: TestContext) => {
      await using house = await open('billing')
      const seen = createLatch<object>()
      house.before = ({ traceparent, correlationid, causationid, tenant }) =>
        seen.open({ traceparent, correlationid, causationid, tenant })
      await house.publish('a1')
      const { correlationid, tenant } = (await seen.wait({ timeoutMs: 15_000 })) as Record<string, string>
      t.assert.ok(correlationid)
      t.assert.ok(tenant)
    })
  })
}
