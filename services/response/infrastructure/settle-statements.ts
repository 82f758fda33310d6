import type { Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Settlement } from '../application/ports.ts'
import { WriteRefused } from '../application/write-refused.ts'
import type { TerminalStatus } from '../domain/response-lifecycle.ts'
import { outcomeText } from './response-row.ts'
import type { ResponseSchema } from './schema.ts'

type Settling = {
  responseId: string
  attempt: number
  status: TerminalStatus
  outcome: string
  lost: number
  completedAt: number
}
type SettlingTurn = Settling & { pendingTurn: string }

/** The end of a response. Both forms refuse a stale attempt and one that has ended before. */
export function prepareSettling(store: Store<ResponseSchema>, onFenced: () => void) {
  const refusal = () => {
    onFenced()
    return new WriteRefused()
  }
  const settle = store.prepare<unknown, Settling>((db, row) =>
    db
      .updateTable('responses')
      .set({
        status: row.status,
        outcome: row.outcome,
        lost: row.lost,
        completed_at: row.completedAt,
        due_at: null,
        cancel_requested: 0,
      })
      .where('response_id', '=', row.responseId)
      .where('attempt', '=', row.attempt)
      .where('status', 'in', ['queued', 'in_progress']),
  )
  // The lease stays: while its session is owed the turn, the response is still someone's to finish.
  const settleTurn = store.prepare<unknown, SettlingTurn>((db, row) =>
    db
      .updateTable('responses')
      .set({
        status: row.status,
        outcome: row.outcome,
        lost: row.lost,
        completed_at: row.completedAt,
        pending_turn: row.pendingTurn,
        cancel_requested: 0,
      })
      .where('response_id', '=', row.responseId)
      .where('attempt', '=', row.attempt)
      .where('status', 'in', ['queued', 'in_progress']),
  )
  const finishTurn = store.prepare<unknown, { responseId: string }>((db, { responseId }) =>
    db
      .updateTable('responses')
      .set({ pending_turn: null, due_at: null })
      .where('response_id', '=', responseId)
      .where('pending_turn', 'is not', null),
  )
  return {
    async settle(tx: Transaction, settlement: Settlement): Promise<void> {
      const { responseId, attempt, outcome, pendingTurn, completedAt } = settlement
      const lost = settlement.lost ? 1 : 0
      const row = { responseId, attempt, status: outcome.status, outcome: outcomeText(outcome), lost, completedAt }
      if (pendingTurn === null) await settle.require(tx, row, refusal)
      else await settleTurn.require(tx, { ...row, pendingTurn: JSON.stringify(pendingTurn) }, refusal)
    },
    finishTurn: async (tx: Transaction, responseId: string) => (await finishTurn.run(tx, { responseId })) > 0,
  }
}
