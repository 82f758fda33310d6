import { deliveryContract } from '@parley/chassis/events/delivery-contract.ts'
import { createDirectTransport } from '@parley/chassis/events/direct-transport.ts'
import type { Envelope } from '@parley/chassis/events/envelope.ts'
import { createOutbox } from '@parley/chassis/events/outbox.ts'
import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import type { DeliveryResult } from '@parley/chassis/events/transport.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createTestStore } from '@parley/testkit/store.ts'
import { time } from '../examples.ts'
import type { ClientOf } from '../pact/define-pair.ts'

/** What `publishThroughOutbox` puts around the data of an event. */
export const envelope = {
  specversion: '1.0',
  id: 'evt_new',
  time: new Date(time).toISOString(),
  datacontenttype: 'application/json',
  sequence: '000000000001',
  tenant: 'tenant-a',
  correlationid: 'correlation-1',
  causationid: 'cause-1',
} as const

/** Writes an event to an outbox and hands what was committed to the subscriber; resolves to what became of it there. */
export async function publishThroughOutbox(
  clientOf: ClientOf,
  { from, to }: { from: string; to: string },
  publish: (tx: Transaction, context: CallContext, publisher: EventPublisher) => Promise<void>,
): Promise<DeliveryResult[]> {
  await using store = await createTestStore(from, [])
  const committed: Envelope[] = []
  const publisher = createOutbox({
    store,
    source: from,
    newId: (prefix) => `${prefix}_new`,
    clock: { now: () => time, monotonicMs: () => performance.now() },
    strict: true,
    onCommitted: (event) => committed.push(event),
  })
  const context = {
    ...testContext(),
    correlationId: envelope.correlationid,
    causationId: envelope.causationid,
  }
  await store.transaction((tx) => publish(tx, context, publisher))
  const { deliver } = clientOf(deliveryContract(to))
  const transport = createDirectTransport(() => async (events) => (await deliver(testContext(), { events })).results)
  return transport.deliver(to, committed)
}
