import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Ledger, LedgerRow, RecentInputs, SettledRequest } from './ports.ts'

export type SettleRequest = (tx: Transaction, context: CallContext, outcome: Omit<LedgerRow, 'tenant'>) => Promise<void>

/**
 * Writes the one ledger row of a request that has ended. `onSettled` is told after the commit, so that what the request
 * no longer needs can be forgotten.
 */
export function createSettleRequest(ports: {
  ledger: Ledger
  recentInputs: Pick<RecentInputs, 'forget'>
  onSettled: (request: SettledRequest) => void
}): SettleRequest {
  const { ledger, recentInputs, onSettled } = ports

  return async function settleRequest(tx, context, outcome) {
    const { tenant } = context.principal
    const { requestId } = outcome
    await ledger.insert(tx, { ...outcome, tenant })
    tx.afterCommit(() => {
      recentInputs.forget(requestId)
      onSettled({ tenant, requestId })
    })
  }
}
