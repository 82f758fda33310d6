import { type TestContext, test } from 'node:test'
import { createDirectTransport } from '@parley/chassis/events/direct-transport.ts'
import { createInbox } from '@parley/chassis/events/inbox.ts'
import { on } from '@parley/chassis/events/subscription.ts'
import type { DeliveryResult, Receive } from '@parley/chassis/events/transport.ts'
import type { Migration } from '@parley/chassis/store/migrations.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createTestStore, testDialect } from '@parley/testkit/store.ts'
import fc from 'fast-check'
import type { Generated } from 'kysely'
import { OrderPlaced, Publisher, silentLog } from './order-events.ts'

interface EffectSchema {
  effects: { number: Generated<number>; consumer: string; order_id: string; step: number }
}

const effectMigrations: readonly Migration[] = [
  {
    name: '0001-initial',
    up: (db, dialect) =>
      db.schema
        .createTable('effects')
        .addColumn('number', 'integer', (column) =>
          dialect === 'sqlite' ? column.primaryKey() : column.primaryKey().generatedAlwaysAsIdentity(),
        )
        .addColumn('consumer', 'text')
        .addColumn('order_id', 'text')
        .addColumn('step', 'integer')
        .execute(),
  },
]

/** What happens to one delivery on its way. */
const fate = fc.constantFrom('arrives', 'arrives', 'arrives', 'is lost', 'answer is lost', 'handler fails')
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('publish'),
      keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.integer({ min: 1, max: 2_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
)
const limits = fc.record({
  eventsMax: fc.integer({ min: 1, max: 20 }),
  pageRows: fc.integer({ min: 1, max: 4 }),
  batchMax: fc.integer({ min: 1, max: 4 }),
  deliveriesMax: fc.integer({ min: 1, max: 3 }),
})

test('whatever is lost, fails or restarts, every event has one effect per subscriber, in the order of its key', async (t: TestContext) => {
  const property = fc.asyncProperty(
    fc.array(action, { minLength: 1, maxLength: 25 }),
    fc.array(fate, { minLength: 1, maxLength: 40 }),
    limits,
    async (actions, fates, chosenLimits) => {
      await using effects = await createTestStore<EffectSchema>('effects', effectMigrations)
      let turn = 0
      const nextFate = () => (turn < 60 ? fates[turn++ % fates.length] : 'arrives')
      const receiverOf = (consumer: string): Receive => {
        const inbox = createInbox({
          store: effects,
          consumer,
          events: [OrderPlaced],
          subscriptions: [
            on(OrderPlaced, async (tx, _context, { orderId, step }) => {
              await effects.within(tx).insertInto('effects').values({ consumer, order_id: orderId, step }).execute()
              if (nextFate() === 'handler fails') throw new Error('handler fails')
            }),
          ],
          contextFor: () => testContext(),
          log: silentLog,
        })
        return async (envelopes): Promise<DeliveryResult[]> => {
          const chosen = nextFate()
          if (chosen === 'is lost') throw new Error('lost')
          const results = await inbox.receive(envelopes)
          if (chosen === 'answer is lost') throw new Error('answer lost')
          return results
        }
      }
      const receivers = new Map(['billing', 'stock'].map((consumer) => [consumer, receiverOf(consumer)]))
      await using publisher = await Publisher.open({
        subscribersOf: () => [...receivers.keys()],
        transport: createDirectTransport((consumer) => receivers.get(consumer) ?? receiverOf(consumer)),
        limits: { ...chosenLimits, attemptsMax: 1_000 },
      })
      const lastSeq = new Map<string, number>()
      await publisher.relay.start()
      for (const step of actions) {
        if (step.kind === 'restart') await publisher.restart()
        else if ('ms' in step) await publisher.advance(step.ms)
        else if ('keys' in step) {
          const names = step.keys.map((key) => {
            lastSeq.set(key, (lastSeq.get(key) ?? 0) + 1)
            return `${key}${lastSeq.get(key)}`
          })
          await publisher.publish(...names)
        }
      }
      await publisher.outboxIsEmpty(30_000)
      for (const consumer of receivers.keys()) {
        for (const [key, last] of lastSeq) {
          const rows = await effects.read
            .selectFrom('effects')
            .select('step')
            .where('consumer', '=', consumer)
            .where('order_id', '=', key)
            .orderBy('number')
            .execute()
          t.assert.deepStrictEqual(
            rows.map((row) => row.step),
            Array.from({ length: last }, (_, index) => index + 1),
          )
        }
      }
    },
  )
  await fc.assert(property, { numRuns: testDialect === 'sqlite' ? 25 : 10 })
})
