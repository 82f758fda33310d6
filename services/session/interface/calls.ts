import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import { createAppendTurn } from '../application/append-turn.ts'
import { createAbandonTurn, createBeginTurn } from '../application/begin-turn.ts'
import { createBuildContext } from '../application/build-context.ts'
import type { ChangeSession } from '../application/change-session.ts'
import { createAppendItems, createDeleteItem, createGetItem, createListItems } from '../application/manage-items.ts'
import {
  createCloseSession,
  createCreateSession,
  createDeleteSession,
  createGetSession,
  createListSessions,
  createReopenSession,
  createUpdateSession,
} from '../application/manage-session-lifecycle.ts'
import { createDeleteUser, createGetUser, createListUsers, createPutUser } from '../application/manage-users.ts'
import type { ItemStore, SessionEvents, SessionStore, TurnStore, UserStore } from '../application/ports.ts'
import { createRemoveSession } from '../application/remove-session.ts'
import type { SessionCalls } from '../contract.ts'

export interface CallsPorts {
  readonly store: Transactor
  readonly changeSession: ChangeSession
  readonly sessions: SessionStore
  readonly items: ItemStore
  readonly turns: TurnStore
  readonly users: UserStore
  readonly events: SessionEvents
  readonly newId: NewId
}

/** Every call of the contract with its use case. */
export function createCalls(ports: CallsPorts, limits: { turnLeaseMs: number; contextItemsMax: number }): SessionCalls {
  const { store, changeSession, sessions, items, turns, users, events, newId } = ports
  const removeSession = createRemoveSession({ sessions, items, turns, events })
  return {
    putUser: createPutUser(store, users),
    getUser: createGetUser(users),
    listUsers: createListUsers(users),
    deleteUser: createDeleteUser({ store, users, sessions, removeSession }),

    createSession: createCreateSession({ store, sessions, items, users, events, newId }),
    getSession: createGetSession(sessions),
    listSessions: createListSessions(sessions),
    updateSession: createUpdateSession(changeSession, sessions),
    closeSession: createCloseSession(changeSession),
    reopenSession: createReopenSession(changeSession),
    deleteSession: createDeleteSession(store, removeSession),

    appendItems: createAppendItems(changeSession, items),
    listItems: createListItems({ sessions, items }),
    getItem: createGetItem({ sessions, items }),
    deleteItem: createDeleteItem(changeSession, items),

    beginTurn: createBeginTurn(changeSession, turns, { leaseMs: limits.turnLeaseMs }),
    buildContext: createBuildContext({ sessions, items }, { itemsMax: limits.contextItemsMax }),
    appendTurn: createAppendTurn({ changeSession, items, turns, newId }),
    abandonTurn: createAbandonTurn(store, sessions),
  }
}
