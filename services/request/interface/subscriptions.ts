import { on, type Subscription } from '@parley/chassis/events/subscription.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import type { SettleRequest } from '../application/settle-request.ts'

export function createSubscriptions({ settleRequest }: { settleRequest: SettleRequest }): readonly Subscription[] {
  return [on(ResponseContract.events.settled, settleRequest)]
}
