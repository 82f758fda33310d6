import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { SessionCalls } from '../contract.ts'
import { mergePreferences } from '../domain/preferences.ts'
import { takeTurn } from '../domain/turn-lock.ts'
import { advance, type ChangeSession } from './change-session.ts'
import type { SessionStore, TurnStore } from './ports.ts'

/**
 * Reserves the session for one response until its turn is appended or abandoned, or the lease ends. That of a response
 * which is only about to be accepted is short: its process may die before anybody else knows of it. Repeating it renews
 * the lease, unless the turn is in the session already. Throws SESSION_NOT_FOUND, SESSION_CLOSED, SESSION_BUSY.
 */
export function createBeginTurn(
  changeSession: ChangeSession,
  turns: TurnStore,
  leasesMs: Readonly<Record<'accepted' | 'ended', number>>,
): SessionCalls['beginTurn'] {
  return function beginTurn(context, { sessionId, responseId, until = 'ended' }) {
    const key = { tenant: context.principal.tenant, sessionId, responseId }
    return changeSession(context, sessionId, async (session, tx) => {
      const result = { preferences: mergePreferences(session.userPreferences, session.preferences) }
      const repeatedTooLate = session.lock?.responseId !== responseId && (await turns.has(tx, key))
      if (repeatedTooLate) return { session, happenings: [], result }
      const { session: active, happenings } = advance(session, 'activity')
      const lock = takeTurn(session, { responseId, leaseMs: leasesMs[until] })
      return { session: { ...active, lock }, happenings, result }
    })
  }
}

/** Frees the session if this response holds it; whatever else is the case, it changes nothing. */
export function createAbandonTurn(store: Transactor, sessions: SessionStore): SessionCalls['abandonTurn'] {
  return async function abandonTurn(context, { sessionId, responseId }) {
    const key = { tenant: context.principal.tenant, sessionId, responseId }
    await store.transaction((tx) => sessions.freeTurn(tx, key), context)
    return {}
  }
}
