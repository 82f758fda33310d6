import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import type { RequestEvents } from '../application/ports.ts'
import { RequestContract } from '../contract.ts'

/** A request publishes one event in its life, and once more for each time that the reaper drives it on. */
export class OutboxRequestEvents implements RequestEvents {
  readonly #publisher: EventPublisher

  constructor(publisher: EventPublisher) {
    this.#publisher = publisher
  }

  submitted: RequestEvents['submitted'] = (tx, context, data, drive = 0) =>
    this.#publisher.publish(tx, context, RequestContract.events.submitted, data, { seq: 1 + drive })
}
