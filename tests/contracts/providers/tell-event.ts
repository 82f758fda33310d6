import type { EventData, EventDefinition } from '@parley/chassis/contract/define-contract.ts'
import { deliveryContract } from '@parley/chassis/events/delivery-contract.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import type { TSchema } from 'typebox'
import { envelope } from '../consumers/publish-through-outbox.ts'
import type { ClientOf } from '../pact/define-pair.ts'

/** Delivers one event to `to` and makes sure that it took it. */
export async function tellEvent<E extends EventDefinition<TSchema>>(
  clientOf: ClientOf,
  { from, to }: { from: string; to: string },
  event: E,
  data: EventData<E>,
): Promise<void> {
  const told = {
    ...envelope,
    id: newId('evt'),
    source: from,
    type: event.type,
    subject: event.key(data as never),
    data,
  }
  const { results } = await clientOf(deliveryContract(to)).deliver(testContext(), { events: [told] })
  if (results[0]?.status !== 'done') throw new Error(`${to} did not take ${event.type}: ${JSON.stringify(results)}`)
}
