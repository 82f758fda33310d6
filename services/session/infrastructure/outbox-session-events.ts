import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import type { SessionEvents } from '../application/ports.ts'
import { SessionContract } from '../contract.ts'

/** The events of the contract, published through the outbox. */
export class OutboxSessionEvents implements SessionEvents {
  readonly #publisher: EventPublisher

  constructor(publisher: EventPublisher) {
    this.#publisher = publisher
  }

  publish: SessionEvents['publish'] = (tx, context, { sessionId, userId }, happening, options) => {
    const { events } = SessionContract
    if (happening.name !== 'turnAppended') {
      return this.#publisher.publish(tx, context, events[happening.name], { sessionId, userId }, options)
    }
    const { responseId, itemCount } = happening
    return this.#publisher.publish(tx, context, events.turnAppended, { sessionId, responseId, itemCount }, options)
  }
}
