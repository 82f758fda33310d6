import type { AnyEvent, EventData } from '../contract/define-contract.ts'
import type { CallContext } from '../values/context.ts'
import type { Transaction } from '../values/transaction.ts'

/**
 * Handles one type of event exactly once in effect: `handle` runs in the transaction that also records the event in the
 * inbox. Work that is long or leaves the store goes into a row written here, to be taken up after the commit.
 *
 * Throwing undoes the transaction and sends the event again later: a retryable AppError for as long as it takes, anything
 * else until the event is parked. Meanwhile the later events of its key wait.
 */
export interface Subscription {
  readonly type: string
  handle(tx: Transaction, context: CallContext, data: never): Promise<void>
}

export function on<Event extends AnyEvent>(
  event: Event,
  handle: (tx: Transaction, context: CallContext, data: EventData<Event>) => Promise<void>,
): Subscription {
  return { type: event.type, handle }
}
