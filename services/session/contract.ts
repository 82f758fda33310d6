import { type CallsOf, call, defineContract, event } from '@parley/chassis/contract/define-contract.ts'
import { Item } from '@parley/kernel/items.ts'
import { type Static, Type } from 'typebox'
import { listOf, Page } from './contract/page.ts'
import { promptCalls } from './contract/prompts.ts'

export { Prompt } from './contract/prompts.ts'

import { auditCalls } from './contract/audit.ts'

export * from './contract/audit.ts'

const Metadata = Type.Record(Type.String(), Type.String())
/** What a user or session prefers for its turns. A request's own value wins, then the session's, then the user's. */
export const Preferences = Type.Object({
  model: Type.Optional(Type.String()),
  instructions: Type.Optional(Type.String()),
  temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
  maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1 })),
})
export type Preferences = Static<typeof Preferences>

export const User = Type.Object({
  /** Chosen by the application; unique within its tenant. */
  userId: Type.String({ minLength: 1, maxLength: 128 }),
  profile: Type.Record(Type.String(), Type.Unknown()),
  preferences: Preferences,
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
})
export type User = Static<typeof User>

/** open → idle (unused for a while) → closed (by its owner) | expired (by time). Every turn or reopen makes it open. */
export const SessionStatus = Type.Union([
  Type.Literal('open'),
  Type.Literal('idle'),
  Type.Literal('closed'),
  Type.Literal('expired'),
])
export type SessionStatus = Static<typeof SessionStatus>

export const Session = Type.Object({
  sessionId: Type.String(),
  userId: Type.Union([Type.String(), Type.Null()]),
  status: SessionStatus,
  metadata: Metadata,
  preferences: Preferences,
  itemCount: Type.Integer(),
  /** Milliseconds since the epoch, as every time in a contract. */
  createdAt: Type.Integer(),
  lastActiveAt: Type.Integer(),
})
export type Session = Static<typeof Session>

const SessionId = Type.Object({ sessionId: Type.String() })
const TurnKey = Type.Object({ sessionId: Type.String(), responseId: Type.String() })
const Empty = Type.Object({})

export const TurnContext = Type.Object({
  /** Oldest first, ready to be followed by the new input. */
  items: Type.Array(Item),
  preferences: Preferences,
  /** Estimated tokens of `items`. */
  tokens: Type.Integer(),
  /** True when older items were left out. */
  truncated: Type.Boolean(),
})

const sessionEvent = Type.Object({ sessionId: Type.String(), userId: Type.Union([Type.String(), Type.Null()]) })
const bySession = { key: (data: { sessionId: string }) => data.sessionId }

export const SessionContract = defineContract('session', {
  version: '1.0',
  calls: {
    putUser: call({
      http: 'PUT /users/:userId',
      in: Type.Object({ userId: User.properties.userId, profile: User.properties.profile, preferences: Preferences }),
      out: User,
      errors: ['INVALID_REQUEST'],
      effect: 'write',
      idempotent: true,
    }),
    getUser: call({
      http: 'GET /users/:userId',
      in: Type.Object({ userId: Type.String() }),
      out: User,
      errors: ['USER_NOT_FOUND'],
      effect: 'read',
    }),
    listUsers: call({ http: 'GET /users', in: Type.Object(Page), out: listOf(User), effect: 'read' }),
    deleteUser: call({
      http: 'DELETE /users/:userId',
      in: Type.Object({ userId: Type.String() }),
      out: Empty,
      errors: ['USER_NOT_FOUND'],
      effect: 'write',
    }),

    createSession: call({
      http: 'POST /sessions',
      in: Type.Object({
        userId: Type.Optional(Type.String()),
        metadata: Metadata,
        preferences: Type.Optional(Preferences),
        items: Type.Array(Item),
      }),
      out: Session,
      errors: ['USER_NOT_FOUND', 'INVALID_REQUEST'],
      effect: 'write',
    }),
    getSession: call({
      http: 'GET /sessions/:sessionId',
      in: SessionId,
      out: Session,
      errors: ['SESSION_NOT_FOUND'],
      effect: 'read',
    }),
    listSessions: call({
      http: 'GET /sessions',
      in: Type.Object({ ...Page, userId: Type.Optional(Type.String()), status: Type.Optional(SessionStatus) }),
      out: listOf(Session),
      effect: 'read',
    }),
    updateSession: call({
      http: 'PATCH /sessions/:sessionId',
      in: Type.Object({
        sessionId: Type.String(),
        metadata: Type.Optional(Metadata),
        preferences: Type.Optional(Preferences),
      }),
      out: Session,
      errors: ['SESSION_NOT_FOUND', 'INVALID_REQUEST'],
      effect: 'write',
      idempotent: true,
    }),
    closeSession: call({
      http: 'POST /sessions/:sessionId/close',
      in: SessionId,
      out: Session,
      errors: ['SESSION_NOT_FOUND', 'SESSION_BUSY'],
      effect: 'write',
      idempotent: true,
    }),
    reopenSession: call({
      http: 'POST /sessions/:sessionId/reopen',
      in: SessionId,
      out: Session,
      errors: ['SESSION_NOT_FOUND'],
      effect: 'write',
      idempotent: true,
    }),
    deleteSession: call({
      http: 'DELETE /sessions/:sessionId',
      in: SessionId,
      out: Empty,
      errors: ['SESSION_NOT_FOUND'],
      effect: 'write',
    }),

    appendItems: call({
      http: 'POST /sessions/:sessionId/items',
      in: Type.Object({ sessionId: Type.String(), items: Type.Array(Item, { minItems: 1 }) }),
      out: Type.Object({ items: Type.Array(Item) }),
      errors: ['SESSION_NOT_FOUND', 'SESSION_CLOSED', 'SESSION_BUSY', 'INVALID_REQUEST'],
      effect: 'write',
    }),
    listItems: call({
      http: 'GET /sessions/:sessionId/items',
      in: Type.Object({ sessionId: Type.String(), ...Page }),
      out: listOf(Item),
      errors: ['SESSION_NOT_FOUND', 'ITEM_NOT_FOUND'],
      effect: 'read',
    }),
    getItem: call({
      http: 'GET /sessions/:sessionId/items/:itemId',
      in: Type.Object({ sessionId: Type.String(), itemId: Type.String() }),
      out: Item,
      errors: ['SESSION_NOT_FOUND', 'ITEM_NOT_FOUND'],
      effect: 'read',
    }),
    deleteItem: call({
      http: 'DELETE /sessions/:sessionId/items/:itemId',
      in: Type.Object({ sessionId: Type.String(), itemId: Type.String() }),
      out: Session,
      errors: ['SESSION_NOT_FOUND', 'ITEM_NOT_FOUND', 'SESSION_BUSY'],
      effect: 'write',
    }),

    ...promptCalls,

    /**
     * Reserves the session for one response: for some seconds when it is only about to be `accepted`, otherwise until its
     * turn has `ended`. Repeating it for the same response is safe and prolongs the reservation.
     */
    beginTurn: call({
      http: 'PUT /sessions/:sessionId/turns/:responseId',
      in: Type.Object({
        ...TurnKey.properties,
        until: Type.Optional(Type.Union([Type.Literal('accepted'), Type.Literal('ended')])),
      }),
      out: Type.Object({ preferences: Preferences }),
      errors: ['SESSION_NOT_FOUND', 'SESSION_CLOSED', 'SESSION_BUSY'],
      effect: 'write',
      idempotent: true,
      deadlineMs: 2_000,
    }),
    /** The newest items that fit the budget, whole call/output pairs only. */
    buildContext: call({
      http: 'GET /sessions/:sessionId/context',
      in: Type.Object({ sessionId: Type.String(), tokensMax: Type.Integer({ minimum: 0 }) }),
      out: TurnContext,
      errors: ['SESSION_NOT_FOUND'],
      effect: 'read',
      deadlineMs: 2_000,
    }),
    /** Appends a finished turn once and frees the session; a repeat for the same response changes nothing. */
    appendTurn: call({
      http: 'PUT /sessions/:sessionId/turns/:responseId/items',
      in: Type.Object({ sessionId: Type.String(), responseId: Type.String(), items: Type.Array(Item) }),
      out: Type.Object({ appended: Type.Boolean() }),
      errors: ['SESSION_NOT_FOUND'],
      effect: 'write',
      idempotent: true,
      deadlineMs: 2_000,
    }),
    /** Frees a session whose turn came to nothing. */
    abandonTurn: call({
      http: 'DELETE /sessions/:sessionId/turns/:responseId',
      in: TurnKey,
      out: Empty,
      effect: 'write',
      idempotent: true,
      deadlineMs: 2_000,
    }),
    ...auditCalls,
  },
  events: {
    opened: event('session.opened.v1', sessionEvent, bySession),
    idled: event('session.idled.v1', sessionEvent, bySession),
    closed: event('session.closed.v1', sessionEvent, bySession),
    reopened: event('session.reopened.v1', sessionEvent, bySession),
    expired: event('session.expired.v1', sessionEvent, bySession),
    deleted: event('session.deleted.v1', sessionEvent, bySession),
    turnAppended: event(
      'session.turn-appended.v1',
      Type.Object({ sessionId: Type.String(), responseId: Type.String(), itemCount: Type.Integer() }),
      bySession,
    ),
  },
})

/** The calls as the service implements them and as its clients see them. */
export type SessionCalls = CallsOf<typeof SessionContract>
