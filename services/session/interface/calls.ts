import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import { createAppendTurn } from '../application/append-turn.ts'
import { createAuditTurns } from '../application/audit-turns.ts'
import { createAbandonTurn, createBeginTurn } from '../application/begin-turn.ts'
import { createBuildContext } from '../application/build-context.ts'
import type { ChangeSession } from '../application/change-session.ts'
import { createAppendItems, createDeleteItem, createGetItem, createListItems } from '../application/manage-items.ts'
import {
  createCreatePrompt,
  createGetPrompt,
  createListPrompts,
  createListPromptVersions,
  createRenderPrompt,
  createRetirePrompt,
} from '../application/manage-prompts.ts'
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
import type {
  ItemStore,
  PromptStore,
  SessionEvents,
  SessionStore,
  TurnAudit,
  TurnStore,
  UserStore,
} from '../application/ports.ts'
import { createRemoveSession } from '../application/remove-session.ts'
import type { SessionConfig } from '../config.ts'
import type { SessionCalls } from '../contract.ts'

export interface CallsPorts {
  readonly store: Transactor
  readonly changeSession: ChangeSession
  readonly sessions: SessionStore
  readonly items: ItemStore
  readonly turns: TurnStore
  readonly turnAudit: TurnAudit
  readonly users: UserStore
  readonly prompts: PromptStore
  readonly events: SessionEvents
  readonly newId: NewId
}

/** Every call of the contract with its use case. */
export function createCalls(
  ports: CallsPorts,
  limits: Pick<SessionConfig, 'turnLeaseMs' | 'reservationMs' | 'contextItemsMax'>,
): SessionCalls {
  const { store, changeSession, sessions, items, turns, turnAudit, users, prompts, events, newId } = ports
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

    createPrompt: createCreatePrompt(store, prompts),
    getPrompt: createGetPrompt(prompts),
    listPrompts: createListPrompts(prompts),
    listPromptVersions: createListPromptVersions(prompts),
    retirePrompt: createRetirePrompt(store, prompts),
    renderPrompt: createRenderPrompt(prompts),

    beginTurn: createBeginTurn(changeSession, turns, { accepted: limits.reservationMs, ended: limits.turnLeaseMs }),
    buildContext: createBuildContext({ sessions, items }, { itemsMax: limits.contextItemsMax }),
    appendTurn: createAppendTurn({ changeSession, items, turns, newId }),
    auditTurns: createAuditTurns(turnAudit),
    abandonTurn: createAbandonTurn(store, sessions),
  }
}
