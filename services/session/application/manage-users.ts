import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { SessionCalls } from '../contract.ts'
import { requireUsableId } from '../domain/own-id.ts'
import type { SessionStore, UserStore } from './ports.ts'
import type { RemoveSession } from './remove-session.ts'

/** Writes a user, or replaces profile and preferences. Throws INVALID_REQUEST for an id that cannot be kept. */
export function createPutUser(store: Transactor, users: UserStore): SessionCalls['putUser'] {
  return async function putUser(context, user) {
    requireUsableId(user.userId, 'user_id')
    return store.transaction((tx) => users.put(tx, context.principal.tenant, user), context)
  }
}

export function createGetUser(users: UserStore): SessionCalls['getUser'] {
  return async function getUser(context, { userId }) {
    const user = await users.find(context.principal.tenant, userId)
    if (user === undefined) throw userNotFound(userId)
    return user
  }
}

export function createListUsers(users: UserStore): SessionCalls['listUsers'] {
  return function listUsers(context, request) {
    return users.list(context.principal.tenant, request)
  }
}

export interface DeleteUserPorts {
  readonly store: Transactor
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly removeSession: RemoveSession
}

/** Sessions removed per transaction: a user with many of them must not hold up everybody else. */
const sessionsPerStep = 20

/**
 * Deletes a user and his sessions, in steps; the user goes with the last of them. A call that ends half-way leaves the
 * user with fewer sessions, and repeating it goes on from there. Throws USER_NOT_FOUND.
 */
export function createDeleteUser({
  store,
  users,
  sessions,
  removeSession,
}: DeleteUserPorts): SessionCalls['deleteUser'] {
  return async function deleteUser(context, { userId }) {
    const { tenant } = context.principal
    const mine = { userId, limit: sessionsPerStep, order: 'asc' } as const
    let gone = false
    while (!gone) {
      requireTimeLeft(context.signal, userId)
      gone = await store.transaction(async (tx) => {
        if (!(await users.lock(tx, tenant, userId))) throw userNotFound(userId)
        const page = await sessions.list(tx, tenant, mine)
        for (const { sessionId } of page.data) await removeSession(tx, context, sessionId)
        if (!page.hasMore) await users.delete(tx, tenant, userId)
        return !page.hasMore
      }, context)
    }
    return {}
  }
}

export function userNotFound(userId: string): AppError {
  return new AppError('USER_NOT_FOUND', `There is no user '${userId}'. Put the user first.`, { param: 'user_id' })
}

function requireTimeLeft(signal: AbortSignal, userId: string): void {
  if (!signal.aborted) return
  throw new AppError('CALL_TIMEOUT', `User '${userId}' has more sessions than one call can delete. Repeat it to go on.`)
}
