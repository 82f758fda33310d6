import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import type { ResponseEvents } from '../application/ports.ts'
import { ResponseContract } from '../contract.ts'

/** A response publishes one event in its life, so its number is always the first. */
export class OutboxResponseEvents implements ResponseEvents {
  readonly #publisher: EventPublisher

  constructor(publisher: EventPublisher) {
    this.#publisher = publisher
  }

  settled: ResponseEvents['settled'] = (tx, context, data) =>
    this.#publisher.publish(tx, context, ResponseContract.events.settled, data, { seq: 1 })
}
