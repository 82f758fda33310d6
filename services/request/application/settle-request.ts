import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import { costMicrosOf } from '@parley/kernel/price.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { TurnState } from '../domain/saga-history.ts'
import type { HoldBudgets } from './hold-budgets.ts'
import type { Ledger, LedgerObserver, LedgerRow, RecentInputs, RequestStore, SettledRequest } from './ports.ts'

/** How a response ended, as the event tells it or as the response service answers when it is asked. */
export interface SettledOutcome
  extends Pick<
    LedgerRow,
    'requestId' | 'responseId' | 'status' | 'model' | 'provider' | 'usage' | 'attempts' | 'settledAt'
  > {
  readonly sessionId?: string | null
  /** Absent in events that are older than the field. */
  readonly turn?: 'none' | 'append' | 'free'
  readonly lostUsage?: Usage | null
}

export type SettleRequest = (tx: Transaction, context: CallContext, outcome: SettledOutcome) => Promise<void>

/**
 * Writes the one ledger row of a request that has ended, priced as agreed when it was accepted, and gives back what its
 * budgets hold beyond what it used. For a request that has its row it does nothing. `onSettled` is told after the commit,
 * so that what the request no longer needs can be forgotten.
 */
export function createSettleRequest(ports: {
  store: Pick<RequestStore, 'findTerms'>
  recentInputs: RecentInputs
  ledger: Ledger
  budgets: HoldBudgets
  observer: LedgerObserver
  onSettled: (request: SettledRequest) => void
}): SettleRequest {
  const { store, recentInputs, ledger, budgets, observer, onSettled } = ports

  return async function settleRequest(tx, context, outcome) {
    const { tenant } = context.principal
    const { requestId, responseId, status, model, provider, usage, attempts, settledAt, lostUsage = null } = outcome
    const terms = recentInputs.find(tenant, requestId) ?? (await store.findTerms(tx, tenant, requestId))
    const price = terms?.price ?? null
    const costMicros = usage === null ? 0 : costMicrosOf(usage, price)
    const lostCostMicros = lostUsage === null ? 0 : costMicrosOf(lostUsage, price)
    const row = {
      ...{ tenant, requestId, responseId, status, model, provider, usage, attempts, settledAt },
      keyId: terms?.keyId ?? null,
      acceptedAt: terms?.acceptedAt ?? null,
      ...{ costMicros, priceVersion: price?.version ?? null, lostUsage, lostCostMicros },
      turn: await turnNow(tx, tenant, outcome),
    }
    let isNew = true
    if (terms?.held !== true) await ledger.put(tx, row)
    else {
      isNew = await ledger.insert(tx, row)
      const spent = { micros: costMicros + lostCostMicros, tokens: tokensOf(usage) + tokensOf(lostUsage) }
      if (isNew) await budgets.settle(tx, { tenant, requestId }, spent)
    }
    tx.afterCommit(() => {
      if (isNew) observer.wrote(row)
      recentInputs.forget(requestId)
      onSettled({ tenant, requestId })
    })
  }

  /** The session may have got its turn, and said so, before the end was heard of here. */
  async function turnNow(tx: Transaction, tenant: string, outcome: SettledOutcome): Promise<TurnState> {
    const turn = turnOf(outcome)
    const { responseId } = outcome
    return turn === 'owed' && (await ledger.takeEarlyTurn(tx, { tenant, responseId })) ? 'appended' : turn
  }
}

const turns: Readonly<Record<'none' | 'append' | 'free', TurnState>> = { none: 'none', append: 'owed', free: 'none' }

/** A session that is only to be freed waits for nothing: its reservation lapses by itself. */
function turnOf({ turn, sessionId = null }: SettledOutcome): TurnState {
  return turns[turn ?? (sessionId === null ? 'none' : 'append')]
}

function tokensOf(usage: Usage | null): number {
  return usage === null ? 0 : usage.inputTokens + usage.outputTokens
}
