import { on, type Subscription } from '@parley/chassis/events/subscription.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import type { Ledger } from '../application/ports.ts'
import type { SettleRequest } from '../application/settle-request.ts'

export function createSubscriptions(useCases: {
  settleRequest: SettleRequest
  noteTurn: Ledger['noteTurn']
}): readonly Subscription[] {
  const { settleRequest, noteTurn } = useCases
  return [
    on(ResponseContract.events.settled, settleRequest),
    on(SessionContract.events.turnAppended, (tx, { principal: { tenant } }, { responseId }) =>
      noteTurn(tx, { tenant, responseId }),
    ),
  ]
}
