import type { AnyEvent, EventData } from '../contract/define-contract.ts'
import type { CallContext } from '../values/context.ts'
import type { Transaction } from '../values/transaction.ts'

/** Publishes by writing to the outbox of the publisher's own store: the event exists if and only if `tx` commits. */
export interface EventPublisher {
  /**
   * `seq` is the event's number among those of its key, dense from 1, taken while the aggregate's row is locked by `tx`
   * (usually a column of that row). Throws STORE_UNAVAILABLE.
   */
  publish<Event extends AnyEvent>(
    tx: Transaction,
    context: CallContext,
    event: Event,
    data: EventData<Event>,
    options: { seq: number },
  ): Promise<void>
}
