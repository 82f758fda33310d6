import { Type } from 'typebox'
import { type Contract, call, defineContract } from '../contract/define-contract.ts'
import { Envelope } from './envelope.ts'
import { DeliveryResult } from './transport.ts'

const deliver = call({
  http: 'POST /events',
  in: Type.Object({ events: Type.Array(Envelope, { minItems: 1 }) }),
  out: Type.Object({ results: Type.Array(DeliveryResult) }),
  effect: 'write',
  idempotent: true,
  deadlineMs: 10_000,
})

export type DeliveryContract = Contract<{ deliver: typeof deliver }>

/** The one call that every service with subscriptions offers besides its own: taking events into its inbox. */
export function deliveryContract(service: string): DeliveryContract {
  return defineContract(service, { version: '1.0', calls: { deliver }, events: {} })
}
