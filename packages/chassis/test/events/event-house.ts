import { createDirectTransport } from '@parley/chassis/events/direct-transport.ts'
import type { Envelope } from '@parley/chassis/events/envelope.ts'
import { createInbox } from '@parley/chassis/events/inbox.ts'
import type { RelayOptions } from '@parley/chassis/events/relay.ts'
import { on } from '@parley/chassis/events/subscription.ts'
import type { EventTransport, Receive } from '@parley/chassis/events/transport.ts'
import { realClock } from '@parley/chassis/runtime/real-clock.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import type { Migration } from '@parley/chassis/store/migrations.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { createTestStore, type TestStore } from '@parley/testkit/store.ts'
import type { Generated } from 'kysely'
import { nameOf, OrderPlaced, Publisher, silentLog } from './order-events.ts'

/** What carries events in a test. */
export interface Way {
  readonly transport: EventTransport
  subscribersOf(type: string): readonly string[]
  subscribe(consumer: string, receive: Receive): Promise<void>
  close(): Promise<void>
}

interface EffectSchema {
  effects: { number: Generated<number>; consumer: string; name: string }
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
        .addColumn('name', 'text')
        .execute(),
  },
]

type Hook = (envelope: Envelope, consumer: string) => void | Promise<void>

/** A service that publishes orders, and services that note each they get: real outbox, relay and inboxes in between. */
export class EventHouse implements AsyncDisposable {
  readonly way: Way
  readonly publisher: Publisher
  readonly store: TestStore<EffectSchema>
  /** Called before an event is handled; may wait. */
  before: Hook = () => {}
  /** Called within the transaction of an event's effect; may throw, must not wait. */
  within: Hook = () => {}

  private constructor(way: Way, publisher: Publisher, store: TestStore<EffectSchema>) {
    this.way = way
    this.publisher = publisher
    this.store = store
  }

  static async open(way: Way, { limits = {} }: Pick<RelayOptions, 'limits'> = {}): Promise<EventHouse> {
    const publisher = await Publisher.open({
      transport: way.transport,
      subscribersOf: way.subscribersOf,
      clock: realClock,
      timers: systemTimers,
      limits: { backoffMinMs: 10, backoffMaxMs: 100, scanIntervalMs: 100, ...limits },
    })
    const house = new EventHouse(way, publisher, await createTestStore<EffectSchema>('effects', effectMigrations))
    await publisher.relay.start()
    return house
  }

  /** An inbox of `consumer`; all of one consumer share its effects, as replicas share a database. */
  receiver(consumer: string): Receive {
    const received = new Map<string, Envelope>()
    const inbox = createInbox({
      store: this.store,
      consumer,
      events: [OrderPlaced],
      subscriptions: [
        on(OrderPlaced, async (tx, context) => {
          const envelope = received.get(context.requestId)
          if (envelope === undefined) throw new Error('no event has this id')
          await this.within(envelope, consumer)
          await this.store
            .within(tx)
            .insertInto('effects')
            .values({ consumer, name: nameOf(envelope) })
            .execute()
        }),
      ],
      contextFor: (envelope) => ({ ...testContext({ tenant: envelope.tenant }), requestId: envelope.id }),
      log: silentLog,
    })
    return async (envelopes) => {
      for (const envelope of envelopes) received.set(envelope.id, envelope)
      for (const envelope of envelopes) await this.before(envelope, consumer)
      return inbox.receive(envelopes)
    }
  }

  async subscribe(...consumers: string[]): Promise<void> {
    for (const consumer of consumers) await this.way.subscribe(consumer, this.receiver(consumer))
  }

  /** `a1`, `b12`: the key and the event's number. */
  publish(...names: string[]): Promise<void> {
    return this.publisher.publish(...names)
  }

  /** Names of the events that had an effect at `consumer`, in the order of the effects. */
  async effects(consumer = 'billing'): Promise<string[]> {
    const rows = await this.store.read
      .selectFrom('effects')
      .select('name')
      .where('consumer', '=', consumer)
      .orderBy('number')
      .execute()
    return rows.map(({ name }) => name)
  }

  async untilEffects(count: number, consumer = 'billing', timeoutMs = 15_000): Promise<string[]> {
    const what = `${count} effects at ${consumer}`
    await waitUntil(async () => (await this.effects(consumer)).length >= count, { timeoutMs, pollMs: 5, what })
    return this.effects(consumer)
  }

  async untilOutboxIsEmpty(timeoutMs = 15_000): Promise<void> {
    const isEmpty = async () => (await this.publisher.rowsInOutbox()) === 0
    await waitUntil(isEmpty, { timeoutMs, pollMs: 5, what: 'an empty outbox' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.publisher[Symbol.asyncDispose]()
    await this.way.close()
    await this.store[Symbol.asyncDispose]()
  }
}

/** The effects of one key among `names`, as their numbers. */
export function numbersOf(key: string, names: readonly string[]): number[] {
  return names.filter((name) => name.startsWith(key)).map((name) => Number(name.slice(1)))
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** Calls, as within one process. */
export function directWay(consumers: readonly string[] = ['billing']): Way {
  const receivers = new Map<string, Receive>()
  return {
    transport: createDirectTransport((consumer) => {
      const receive = receivers.get(consumer)
      if (receive === undefined) throw new Error(`${consumer} does not run`)
      return receive
    }),
    subscribersOf: () => consumers,
    subscribe: async (consumer, receive) => void receivers.set(consumer, receive),
    close: async () => {},
  }
}
