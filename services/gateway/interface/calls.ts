import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { ManageKeys } from '../application/manage-keys.ts'
import type { GatewayContract } from '../contract.ts'

export function createCalls({ createKey, listKeys, revokeKey }: ManageKeys): CallsOf<typeof GatewayContract> {
  return { createKey, listKeys, revokeKey }
}
