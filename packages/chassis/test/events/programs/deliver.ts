import { writeSync } from 'node:fs'
import { createInbox } from '@parley/chassis/events/inbox.ts'
import { eventMigrations } from '@parley/chassis/events/migrations.ts'
import { createOutbox } from '@parley/chassis/events/outbox.ts'
import { createRelay } from '@parley/chassis/events/relay.ts'
import { on } from '@parley/chassis/events/subscription.ts'
import type { Receive } from '@parley/chassis/events/transport.ts'
import { newId, realClock } from '@parley/chassis/runtime/real-clock.ts'
import { openStore } from '@parley/chassis/store/open-store.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { directWay } from '../event-house.ts'
import { OrderPlaced, silentLog } from '../order-events.ts'

// Publishes some events of some keys, unless it did so before, and ends when all have arrived, or when it kills itself
// at the given moment.
const [folder = '', moment = 'never', brokers = '', prefix = ''] = process.argv.slice(2)
const events = 20

function killAt(name: string): void {
  if (moment === name) process.kill(process.pid, 'SIGKILL')
}

interface Effects {
  effects: { order_id: string; step: number }
}

const url = `sqlite:${folder}`
const orders = await openStore({ url, service: 'orders', migrations: eventMigrations, durability: 'process' })
const billing = await openStore<Effects>({
  url,
  service: 'billing',
  migrations: [
    ...eventMigrations,
    {
      name: '0001-initial',
      up: (db) => db.schema.createTable('effects').addColumn('order_id', 'text').addColumn('step', 'integer').execute(),
    },
  ],
  durability: 'process',
})
const inbox = createInbox({
  store: billing,
  consumer: 'billing',
  events: [OrderPlaced],
  subscriptions: [
    on(OrderPlaced, async (tx, _context, { orderId, step }) => {
      await billing.within(tx).insertInto('effects').values({ order_id: orderId, step }).execute()
      if (step === 2) killAt('before the effect is committed')
    }),
  ],
  contextFor: () => testContext(),
  log: silentLog,
})
const receive: Receive = async (envelopes) => {
  killAt('before the delivery')
  const results = await inbox.receive(envelopes)
  killAt('after the effect')
  return results
}
async function throughKafka() {
  const { kafkaSettings, kafkaWay } = await import('../kafka-way.ts')
  return kafkaWay({ ...kafkaSettings(brokers), prefix })
}

const way = brokers === '' ? directWay() : await throughKafka()
await way.subscribe('billing', receive)
const relay = createRelay({
  store: orders,
  subscribersOf: way.subscribersOf,
  transport: {
    async deliver(subscriber, envelopes) {
      const sent = await way.transport.deliver(subscriber, envelopes)
      killAt('after the publication')
      return sent
    },
  },
  clock: realClock,
  log: silentLog,
})
const outbox = createOutbox({
  store: orders,
  source: 'orders',
  newId,
  clock: realClock,
  onCommitted: (envelope) => {
    killAt('after the commit')
    relay.offer(envelope)
  },
})

await relay.start()
if (moment !== 'never') {
  await orders.transaction(async (tx) => {
    for (let step = 1; step <= events; step++) {
      const orderId = `order-${step % 3}`
      await outbox.publish(tx, testContext(), OrderPlaced, { orderId, step }, { seq: Math.ceil(step / 3) })
    }
  })
}
await relay.drain(AbortSignal.timeout(10_000))
const readEffects = () => billing.read.selectFrom('effects').select(['order_id', 'step']).execute()
await waitUntil(async () => (await readEffects()).length >= events, { timeoutMs: 20_000, what: 'all effects' })
killAt('after everything')
const rows = await readEffects()
writeSync(1, JSON.stringify({ steps: rows.map(({ step }) => step), left: (await relay.backlog()).events }))
await relay.close()
await way.close()
await orders[Symbol.asyncDispose]()
await billing[Symbol.asyncDispose]()
