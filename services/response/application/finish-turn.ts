import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { responseEnd } from '../domain/outcome.ts'
import { causeOf } from './cause-of.ts'
import type { Persist } from './persist.ts'
import type { Cause, FrameLog, OpenScope, ResponseRecord, ResponseStore, SessionTurns } from './ports.ts'

export interface FinishTurnPorts {
  sessions: SessionTurns
  store: ResponseStore
  log: FrameLog
  transactor: Transactor
  openScope: OpenScope
  persist: Persist
}

/** A turn that a settled response still owes its session. */
export interface OwedTurn {
  readonly response: ResponseRecord
  readonly turn: Item[]
  /** Becomes visible when the session has the turn; null when the response is not logged. */
  readonly end: Frame | null
  readonly cause: Cause
  /** How long to wait for a session service that is being restarted. */
  readonly patienceMs: number
}

export type FinishTurn = (owed: OwedTurn) => Promise<void>

/** Of one try; `patienceMs` comes on top. */
const finishTurnMs = 10_000

/**
 * Gives the session its turn and notes that it has it. Safe to repeat and to do twice at once: the session takes a turn
 * once, and the note is made once. Throws when the session cannot be reached; the response then stays due.
 */
export function createFinishTurn(ports: FinishTurnPorts): FinishTurn {
  const { sessions, store, log, transactor, openScope, persist } = ports

  return async function finishTurn({ response, turn, end, cause, patienceMs }) {
    const { responseId, sessionId, tenant } = response
    if (sessionId === null) return
    const scope = openScope({ tenant, deadlineMs: finishTurnMs + patienceMs, cause })
    try {
      await persist(scope, { forMs: patienceMs }, () =>
        turn.length === 0
          ? sessions.abandon(scope, { sessionId, responseId })
          : sessions.append(scope, { sessionId, responseId, items: turn }),
      )
    } finally {
      scope.close()
    }
    await transactor.transaction(async (tx) => {
      const first = await store.finishTurn(tx, responseId)
      if (first && end !== null) await log.appendEnd(tx, responseId, end)
    }, cause)
  }
}

export type FinishOwedTurn = (response: ResponseRecord) => Promise<void>

/** Does the same for a response that an earlier process settled, without waiting: the next sweep tries again. */
export function createFinishOwedTurn(ports: { finishTurn: FinishTurn; log: FrameLog }): FinishOwedTurn {
  const { finishTurn, log } = ports

  return async function finishOwedTurn(response) {
    const { responseId, outcome, completedAt, pendingTurn } = response
    if (outcome === null || completedAt === null || pendingTurn === null) return
    const end =
      response.logged && response.attempt > 0
        ? { seq: await log.count(null, responseId), step: responseEnd(outcome, completedAt) }
        : null
    await finishTurn({ response, turn: pendingTurn, end, cause: causeOf(response), patienceMs: 0 })
  }
}
