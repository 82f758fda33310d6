import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transaction, Transactor } from '@parley/chassis/values/transaction.ts'
import type { Session } from '../contract.ts'
import { nextStatus, type SessionTrigger } from '../domain/session-lifecycle.ts'
import type { SessionEvents, SessionHappening, SessionStore, StoredSession } from './ports.ts'

export interface SessionChange<T> {
  /** The session as it shall be; the one that was given when nothing changes. */
  readonly session: StoredSession
  readonly happenings: readonly SessionHappening[]
  readonly result: T
}

/** Changes one session under its row lock, all or nothing, and numbers what it publishes. Throws SESSION_NOT_FOUND. */
export type ChangeSession = <T>(
  context: CallContext,
  sessionId: string,
  decide: (session: StoredSession, tx: Transaction) => Promise<SessionChange<T>> | SessionChange<T>,
) => Promise<T>

export interface ChangeSessionPorts {
  readonly store: Transactor
  readonly sessions: SessionStore
  readonly events: SessionEvents
}

export function createChangeSession({ store, sessions, events }: ChangeSessionPorts): ChangeSession {
  return function changeSession(context, sessionId, decide) {
    const { tenant } = context.principal
    return store.transaction(async (tx) => {
      const before = await sessions.lock(tx, { tenant, sessionId })
      if (before === undefined) throw sessionNotFound(sessionId)
      const { session, happenings, result } = await decide(before, tx)
      if (session !== before || happenings.length > 0) {
        await sessions.save(tx, tenant, { ...session, eventSeq: before.eventSeq + happenings.length })
      }
      let seq = before.eventSeq
      for (const happening of happenings) {
        seq += 1
        await events.publish(tx, context, session, happening, { seq })
      }
      return result
    }, context)
  }
}

/** What a trigger makes of a session. Throws SESSION_CLOSED. */
export function advance(session: StoredSession, trigger: SessionTrigger): Omit<SessionChange<never>, 'result'> {
  const { to, publishes } = nextStatus(session.sessionId, session.status, trigger)
  const lastActiveAt = isActivity[trigger] ? session.nowMs : session.lastActiveAt
  return {
    session: { ...session, status: to, lastActiveAt },
    happenings: publishes === null ? [] : [{ name: publishes }],
  }
}

const isActivity: Readonly<Record<SessionTrigger, boolean>> = {
  activity: true,
  'turn-append': true,
  reopen: true,
  close: false,
  'idle-timeout': false,
  'expire-timeout': false,
}

/** The part of a session that its contract shows. */
export function sessionView(session: Session): Session {
  const { sessionId, userId, status, metadata, preferences, itemCount, createdAt, lastActiveAt } = session
  return { sessionId, userId, status, metadata, preferences, itemCount, createdAt, lastActiveAt }
}

export function sessionNotFound(sessionId: string): AppError {
  return new AppError('SESSION_NOT_FOUND', `There is no session '${sessionId}'. Check its id, or create a session.`)
}
