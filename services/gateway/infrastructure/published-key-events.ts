import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { KeyEvents } from '../application/ports.ts'
import { GatewayContract } from '../contract.ts'
import type { ApiKeyRecord } from '../domain/api-key.ts'

const { keyCreated, keyRevoked } = GatewayContract.events

/** A key is created once and revoked at most once, so its events have fixed numbers. */
export class PublishedKeyEvents implements KeyEvents {
  readonly #events: EventPublisher

  constructor(events: EventPublisher) {
    this.#events = events
  }

  created(tx: Transaction, context: CallContext, { keyId, tenant }: ApiKeyRecord): Promise<void> {
    return this.#events.publish(tx, context, keyCreated, { keyId, tenant }, { seq: 1 })
  }

  revoked(tx: Transaction, context: CallContext, { keyId, tenant }: ApiKeyRecord): Promise<void> {
    return this.#events.publish(tx, context, keyRevoked, { keyId, tenant }, { seq: 2 })
  }
}
