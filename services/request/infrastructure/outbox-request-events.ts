import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import type { RequestEvents } from '../application/ports.ts'
import { RequestContract } from '../contract.ts'

/** A request publishes one event in its life, so its number is always the first. */
export class OutboxRequestEvents implements RequestEvents {
  readonly #publisher: EventPublisher

  constructor(publisher: EventPublisher) {
    this.#publisher = publisher
  }

  submitted: RequestEvents['submitted'] = (tx, context, data) =>
    this.#publisher.publish(tx, context, RequestContract.events.submitted, data, { seq: 1 })
}
