import { type EventData, event } from '@parley/chassis/contract/define-contract.ts'
import type { Envelope } from '@parley/chassis/events/envelope.ts'
import { sequenceNumber, sequenceText } from '@parley/chassis/events/envelope.ts'
import { withEventTables } from '@parley/chassis/events/event-tables.ts'
import { createOutbox } from '@parley/chassis/events/outbox.ts'
import { createRelay, type Relay, type RelayOptions } from '@parley/chassis/events/relay.ts'
import type { DeliveryResult, EventTransport } from '@parley/chassis/events/transport.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { createFakeClock, type FakeClock } from '@parley/testkit/clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { createTestStore, type TestStore, testDialect } from '@parley/testkit/store.ts'
import { Type } from 'typebox'

/** An event for tests of the machinery; `orderId` is its key. */
export const OrderPlaced = event('order.placed.v1', Type.Object({ orderId: Type.String(), step: Type.Integer() }), {
  key: (data) => data.orderId,
})
export type OrderPlacedData = EventData<typeof OrderPlaced>

export const silentLog = { info() {}, warn() {}, error() {} }

export function nameOf(envelope: Envelope): string {
  return `${envelope.subject}${sequenceNumber(envelope)}`
}

/** An event as it travels, published by nobody. */
export function placedEnvelope(orderId: string, seq: number, changes: Partial<Envelope> = {}): Envelope {
  return {
    specversion: '1.0',
    id: `evt_${orderId}${seq}`,
    source: 'orders',
    type: OrderPlaced.type,
    subject: orderId,
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: sequenceText(seq),
    tenant: 'tenant-a',
    correlationid: 'req_1',
    data: { orderId, step: seq },
    ...changes,
  }
}

type Answer = (envelope: Envelope, subscriber: string) => DeliveryResult | Promise<DeliveryResult>

/** Answers as a test tells it, and remembers what it was given. */
export class ScriptedTransport implements EventTransport {
  /** One entry per delivery: `subscriber: a1 b1`. */
  readonly deliveries: string[] = []
  /** One entry per event, in the order of delivery. */
  readonly events: string[] = []
  answer: Answer = () => ({ status: 'done' })

  async deliver(subscriber: string, envelopes: Envelope[]): Promise<DeliveryResult[]> {
    const names = envelopes.map(nameOf)
    this.deliveries.push(`${subscriber}: ${names.join(' ')}`)
    this.events.push(...names)
    return Promise.all(envelopes.map((envelope) => this.answer(envelope, subscriber)))
  }
}

/** A publishing service: its store, its outbox and a relay that is not started yet. */
export class Publisher implements AsyncDisposable {
  readonly store: TestStore<unknown>
  readonly clock: FakeClock
  readonly transport = new ScriptedTransport()
  relay: Relay
  readonly #options: Partial<RelayOptions>
  readonly #publish: ReturnType<typeof createOutbox>['publish']

  private constructor(store: TestStore<unknown>, options: Partial<RelayOptions>) {
    this.store = store
    this.clock = createFakeClock(Date.now())
    this.#options = options
    this.relay = this.#createRelay()
    this.#publish = createOutbox({
      store,
      source: 'orders',
      newId,
      clock: this.clock,
      strict: true,
      onCommitted: (envelope) => this.relay.offer(envelope),
      ...(testDialect === 'postgres' && { tidy: (tx) => this.relay.removeWithin(tx) }),
    }).publish
  }

  static async open(options: Partial<RelayOptions> = {}): Promise<Publisher> {
    return new Publisher(await createTestStore('orders', []), options)
  }

  /** `a1`, `b12`: the key and the event's number. All at once; those of one key commit in their order, as a row lock makes them. */
  async publish(...names: string[]): Promise<void> {
    const lastOfKey = new Map<string, Promise<void>>()
    const all = names.map((name) => {
      const [orderId = '', seq = 0] = [name[0], Number(name.slice(1))]
      const insert = () =>
        this.store.transaction((tx) => this.#publish(tx, testContext(), OrderPlaced, { orderId, step: seq }, { seq }))
      const earlier = testDialect === 'sqlite' ? undefined : lastOfKey.get(orderId)
      const published = earlier === undefined ? insert() : earlier.then(insert)
      lastOfKey.set(orderId, published)
      return published
    })
    await Promise.all(all)
  }

  /** As another process would: nobody here is told. */
  async insertUnseen(name: string): Promise<void> {
    const [orderId = '', seq = 0] = [name[0], Number(name.slice(1))]
    await this.store.transaction((tx) =>
      withEventTables(this.store)
        .within(tx)
        .insertInto('outbox')
        .values({
          id: `evt_0${name}`,
          aggregatetype: 'orders',
          aggregateid: orderId,
          type: OrderPlaced.type,
          payload: JSON.stringify({ orderId, step: seq }),
          tenant: 'a',
          seq,
          correlation_id: 'a',
          causation_id: null,
          traceparent: null,
          time: 1,
        })
        .execute(),
    )
  }

  /** Another relay on the same store, which from now on is the one that is told of events. */
  async startSecondRelay(): Promise<void> {
    this.relay = this.#createRelay()
    await this.relay.start()
  }

  /** The process ends without a word, and another one takes its place. */
  async restart(): Promise<void> {
    await this.relay.close()
    this.relay = this.#createRelay()
    await this.relay.start()
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.store.settled()
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  /** Published ones that wait for their removal included. */
  async rowsInOutbox(): Promise<number> {
    const rows = await withEventTables(this.store).read.selectFrom('outbox').select('id').execute()
    return rows.length
  }

  async outboxIsEmpty(timeoutMs = 5_000): Promise<void> {
    await waitUntil(
      async () => {
        await this.advance(1_000)
        return (await this.rowsInOutbox()) === 0
      },
      { timeoutMs, what: 'an empty outbox' },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay.close()
    await this.store[Symbol.asyncDispose]()
  }

  #createRelay(): Relay {
    return createRelay({
      store: this.store,
      subscribersOf: () => ['billing'],
      transport: this.transport,
      clock: this.clock,
      timers: this.clock,
      log: silentLog,
      random: () => 1,
      ...this.#options,
    })
  }
}
