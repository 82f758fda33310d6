import { type Static, Type } from 'typebox'
import type { Envelope } from './envelope.ts'

/**
 * What became of one event at one subscriber.
 *
 * - `done`: its effect is durable there, or had been before. It is not sent again.
 * - `retry`: not now, through no fault of the event. It is sent again for as long as it takes.
 * - `failed`: its handler failed in a way it was not made for. It is sent again a number of times, then parked.
 * - `rejected`: nobody there knows its type, or its data is invalid. It is parked at once.
 *
 * Until it is `done`, no later event of its key is sent.
 */
export const DeliveryResult = Type.Union([
  Type.Object({ status: Type.Literal('done') }),
  Type.Object({
    status: Type.Union([Type.Literal('retry'), Type.Literal('failed'), Type.Literal('rejected')]),
    reason: Type.String(),
  }),
])
export type DeliveryResult = Static<typeof DeliveryResult>

/** Takes events and answers for each, in their order. An inbox is one. */
export type Receive = (envelopes: Envelope[]) => Promise<DeliveryResult[]>

/**
 * The sending half of the way between the outbox of one service and the inbox of another.
 *
 * Two promises hold for every implementation: an event that is not `done` stays in the outbox, and an inbox sees the
 * events of one key in order, perhaps repeatedly. `direct` hands events over itself. To a broker there is one subscriber,
 * the broker: topic of the source, key of the subject, `done` when all replicas have it.
 */
export interface EventTransport {
  /**
   * Hands `envelopes` to one subscriber: at most one per key, in no particular order, and never two deliveries at a time
   * for one key. Resolves to one result each, in their order; rejects when nothing is known of any, and all are retried.
   * Settles within a bounded time.
   */
  deliver(subscriber: string, envelopes: Envelope[]): Promise<DeliveryResult[]>
}

/**
 * The receiving half, for transports whose events do not arrive as a call. A broker's client runs one group of consumers
 * per service. It commits the offset of an event only after `receive` called it and every earlier one of its partition
 * `done`, never before; at a `retry` or `failed` it waits and hands over the same event again before any later one of its
 * key; a `rejected` one goes to a topic for such events, with its reason.
 */
export interface EventIntake {
  /** Hands events of `types` to `receive` from now on, on behalf of the service `consumer`. Called once per consumer. */
  subscribe(consumer: string, types: readonly string[], receive: Receive): Promise<void>
  /** Stops taking events and waits for those being handled. */
  close(): Promise<void>
}
