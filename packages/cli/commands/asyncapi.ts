import { contracts } from '@parley/catalog/contracts.ts'
import { asyncApiOf } from '@parley/chassis/contract/asyncapi.ts'

/** The description of all events, as JSON. */
export function asyncapi(): string {
  return JSON.stringify(asyncApiOf(contracts), null, 2)
}
