import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import { GatewayContract } from '@parley/gateway/contract.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { RequestContract } from '@parley/request/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'

/** Every contract of the system: the map from which a process learns who subscribes to what it publishes. */
export const contracts: readonly Contract[] = [
  GatewayContract,
  SessionContract,
  RequestContract,
  ResponseContract,
  GptContract,
]
