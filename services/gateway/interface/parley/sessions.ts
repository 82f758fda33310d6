import { type Session, SessionStatus } from '@parley/session/contract.ts'
import { Type } from 'typebox'
import type { SessionClient } from '../../application/ports.ts'
import { encodeList, Limit, ListOf, Order, toOrderedPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { checkMetadata, Id, Maybe, Metadata, Nullable, toSeconds, UserId } from '../schemas.ts'
import { decodePreferences, encodePreferences, PreferencesObject } from './preferences.ts'

export const SessionObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.session'),
  user_id: Nullable(Type.String()),
  status: SessionStatus,
  metadata: Metadata,
  preferences: PreferencesObject,
  item_count: Type.Integer(),
  created_at: Type.Integer(),
  last_active_at: Type.Integer(),
})
const oneSession = { 200: { description: 'The session.', body: SessionObject } }
const Params = Type.Object({ session_id: Id })
const path = '/parley/sessions/{session_id}'

/** Sessions as such; their items are those of the conversation with the same id. */
export function sessionRoutes({ sessions }: { sessions: SessionClient }): Route[] {
  return [...changeRoutes(sessions), ...readRoutes(sessions), ...lifecycleRoutes(sessions)]
}

function changeRoutes(sessions: SessionClient): Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/parley/sessions',
    summary: 'Open a session, for a user if one is named',
    scope: 'sessions',
    body: Type.Object({
      user_id: Maybe(UserId),
      metadata: Maybe(Metadata),
      preferences: Maybe(PreferencesObject),
    }),
    bodyOptional: true,
    responses: oneSession,
    async handle({ context, body }) {
      const session = await sessions.createSession(context, {
        ...(typeof body.user_id === 'string' && { userId: body.user_id }),
        metadata: checkMetadata(body.metadata),
        preferences: decodePreferences(body.preferences ?? {}),
        items: [],
      })
      return json(encodeSession(session))
    },
  })
  const update = defineRoute({
    method: 'PATCH',
    path,
    summary: 'Replace the metadata or the preferences of a session',
    scope: 'sessions',
    params: Params,
    body: Type.Object({ metadata: Maybe(Metadata), preferences: Maybe(PreferencesObject) }),
    responses: oneSession,
    async handle({ context, params, body }) {
      const { metadata, preferences } = body
      const session = await sessions.updateSession(context, {
        sessionId: params.session_id,
        ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
        ...(preferences !== undefined && { preferences: decodePreferences(preferences ?? {}) }),
      })
      return json(encodeSession(session))
    },
  })
  return [create, update]
}

function readRoutes(sessions: SessionClient): Route[] {
  const get = defineRoute({
    method: 'GET',
    path,
    summary: 'Get a session',
    scope: 'sessions',
    params: Params,
    responses: oneSession,
    async handle({ context, params }) {
      return json(encodeSession(await sessions.getSession(context, { sessionId: params.session_id })))
    },
  })
  const list = defineRoute({
    method: 'GET',
    path: '/parley/sessions',
    summary: 'List the sessions, of one user or in one state if asked for',
    scope: 'sessions',
    query: Type.Object({
      limit: Limit,
      order: Order,
      after: Type.Optional(Id),
      user_id: Type.Optional(UserId),
      status: Type.Optional(SessionStatus),
    }),
    responses: { 200: { description: 'A page of sessions.', body: ListOf(SessionObject) } },
    async handle({ context, query }) {
      const { user_id: userId, status } = query
      const page = await sessions.listSessions(context, {
        ...toOrderedPage(query, 'desc'),
        ...(userId !== undefined && { userId }),
        ...(status !== undefined && { status }),
      })
      return json(encodeList(page, { idOf: ({ sessionId }) => sessionId, encode: encodeSession }))
    },
  })
  return [get, list]
}

function lifecycleRoutes(sessions: SessionClient): Route[] {
  const close = defineRoute({
    method: 'POST',
    path: `${path}/close`,
    summary: 'Close a session; it takes no more turns until it is reopened',
    scope: 'sessions',
    params: Params,
    responses: oneSession,
    async handle({ context, params }) {
      return json(encodeSession(await sessions.closeSession(context, { sessionId: params.session_id })))
    },
  })
  const reopen = defineRoute({
    method: 'POST',
    path: `${path}/reopen`,
    summary: 'Open a session again that was closed or has expired',
    scope: 'sessions',
    params: Params,
    responses: oneSession,
    async handle({ context, params }) {
      return json(encodeSession(await sessions.reopenSession(context, { sessionId: params.session_id })))
    },
  })
  return [close, reopen]
}

export function encodeSession(session: Session): object {
  const { sessionId, userId, status, metadata, preferences, itemCount, createdAt, lastActiveAt } = session
  return {
    id: sessionId,
    object: 'parley.session',
    user_id: userId,
    status,
    metadata,
    preferences: encodePreferences(preferences),
    item_count: itemCount,
    created_at: toSeconds(createdAt),
    last_active_at: toSeconds(lastActiveAt),
  }
}
