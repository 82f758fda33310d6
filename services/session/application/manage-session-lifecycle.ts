import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { SessionCalls } from '../contract.ts'
import { checkMetadata } from '../domain/metadata.ts'
import { requireFree } from '../domain/turn-lock.ts'
import { advance, type ChangeSession, sessionNotFound, sessionView } from './change-session.ts'
import { userNotFound } from './manage-users.ts'
import { placeItems } from './place-items.ts'
import type { ItemStore, SessionEvents, SessionStore, UserStore } from './ports.ts'
import type { RemoveSession } from './remove-session.ts'

export interface CreateSessionPorts {
  readonly store: Transactor
  readonly sessions: SessionStore
  readonly items: ItemStore
  readonly users: UserStore
  readonly events: SessionEvents
  readonly newId: NewId
}

/** Opens a session for a user that exists, or for nobody. Throws USER_NOT_FOUND, INVALID_REQUEST. */
export function createCreateSession(ports: CreateSessionPorts): SessionCalls['createSession'] {
  const { store, sessions, items, users, events, newId } = ports
  return async function createSession(context, { userId = null, metadata, preferences = {}, items: added }) {
    checkMetadata(metadata)
    const { tenant } = context.principal
    const key = { tenant, sessionId: newId('conv') }
    const counters = { itemCount: added.length, nextPosition: 1 + added.length, eventSeq: 1 }
    return store.transaction(async (tx) => {
      if (userId !== null && !(await users.lock(tx, tenant, userId))) throw userNotFound(userId)
      const session = await sessions.insert(tx, key, { userId, metadata, preferences, ...counters })
      await placeItems(items, { tx, key, firstPosition: 1 }, added)
      await events.publish(tx, context, session, { name: 'opened' }, { seq: counters.eventSeq })
      return session
    }, context)
  }
}

export function createGetSession(sessions: SessionStore): SessionCalls['getSession'] {
  return async function getSession(context, { sessionId }) {
    const session = await sessions.find({ tenant: context.principal.tenant, sessionId })
    if (session === undefined) throw sessionNotFound(sessionId)
    return sessionView(session)
  }
}

export function createListSessions(sessions: SessionStore): SessionCalls['listSessions'] {
  return function listSessions(context, request) {
    return sessions.list(null, context.principal.tenant, request)
  }
}

/** Replaces metadata and preferences as far as they are given, in every status. Throws INVALID_REQUEST. */
export function createUpdateSession(
  changeSession: ChangeSession,
  sessions: SessionStore,
): SessionCalls['updateSession'] {
  return async function updateSession(context, { sessionId, metadata, preferences }) {
    if (metadata !== undefined) checkMetadata(metadata)
    return changeSession(context, sessionId, async (session, tx) => {
      const updated = {
        ...session,
        metadata: metadata ?? session.metadata,
        preferences: preferences ?? session.preferences,
      }
      await sessions.saveSettings(tx, context.principal.tenant, updated)
      return { session, happenings: [], result: sessionView(updated) }
    })
  }
}

/** Ends a session until it is reopened; closing a closed one changes nothing. Throws SESSION_BUSY. */
export function createCloseSession(changeSession: ChangeSession): SessionCalls['closeSession'] {
  return function closeSession(context, { sessionId }) {
    return changeSession(context, sessionId, (session) => {
      requireFree(session)
      const { session: closed, happenings } = advance(session, 'close')
      return { session: { ...closed, lock: null }, happenings, result: sessionView(closed) }
    })
  }
}

export function createReopenSession(changeSession: ChangeSession): SessionCalls['reopenSession'] {
  return function reopenSession(context, { sessionId }) {
    return changeSession(context, sessionId, (session) => {
      const reopened = advance(session, 'reopen')
      return { ...reopened, result: sessionView(reopened.session) }
    })
  }
}

/** Removes a session with all that belongs to it, even while a response is active: its turn finds nothing to append to. */
export function createDeleteSession(store: Transactor, removeSession: RemoveSession): SessionCalls['deleteSession'] {
  return function deleteSession(context, { sessionId }) {
    return store.transaction(async (tx) => {
      if (!(await removeSession(tx, context, sessionId))) throw sessionNotFound(sessionId)
      return {}
    }, context)
  }
}
