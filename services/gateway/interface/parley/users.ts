import type { User } from '@parley/session/contract.ts'
import { Type } from 'typebox'
import type { SessionClient } from '../../application/ports.ts'
import { encodeList, Limit, ListOf, Order, toOrderedPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { JsonObject, Maybe, toSeconds, UserId } from '../schemas.ts'
import { decodePreferences, encodePreferences, PreferencesObject } from './preferences.ts'

const UserObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.user'),
  profile: JsonObject,
  preferences: PreferencesObject,
  created_at: Type.Integer(),
  updated_at: Type.Integer(),
})
const oneUser = { 200: { description: 'The user.', body: UserObject } }
const DeletedUser = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.user.deleted'),
  deleted: Type.Boolean(),
})
const Params = Type.Object({ user_id: UserId })
const path = '/parley/users/{user_id}'

export function userRoutes({ sessions }: { sessions: SessionClient }): Route[] {
  const put = defineRoute({
    method: 'PUT',
    path,
    summary: 'Create or replace a user; the application chooses the id',
    scope: 'sessions',
    params: Params,
    body: Type.Object({ profile: Maybe(JsonObject), preferences: Maybe(PreferencesObject) }),
    bodyOptional: true,
    responses: oneUser,
    async handle({ context, params, body }) {
      const user = await sessions.putUser(context, {
        userId: params.user_id,
        profile: body.profile ?? {},
        preferences: decodePreferences(body.preferences ?? {}),
      })
      return json(encodeUser(user))
    },
  })
  const get = defineRoute({
    method: 'GET',
    path,
    summary: 'Get a user',
    scope: 'sessions',
    params: Params,
    responses: oneUser,
    async handle({ context, params }) {
      return json(encodeUser(await sessions.getUser(context, { userId: params.user_id })))
    },
  })
  const list = defineRoute({
    method: 'GET',
    path: '/parley/users',
    summary: 'List the users',
    scope: 'sessions',
    query: Type.Object({ limit: Limit, order: Order, after: Type.Optional(UserId) }),
    responses: { 200: { description: 'A page of users.', body: ListOf(UserObject) } },
    async handle({ context, query }) {
      const page = await sessions.listUsers(context, toOrderedPage(query, 'desc'))
      return json(encodeList(page, { idOf: ({ userId }) => userId, encode: encodeUser }))
    },
  })
  const remove = defineRoute({
    method: 'DELETE',
    path,
    summary: 'Delete a user',
    scope: 'sessions',
    params: Params,
    responses: { 200: { description: 'It is gone.', body: DeletedUser } },
    async handle({ context, params }) {
      await sessions.deleteUser(context, { userId: params.user_id })
      return json({ id: params.user_id, object: 'parley.user.deleted', deleted: true })
    },
  })
  return [put, get, list, remove]
}

function encodeUser({ userId, profile, preferences, createdAt, updatedAt }: User): object {
  return {
    id: userId,
    object: 'parley.user',
    profile,
    preferences: encodePreferences(preferences),
    created_at: toSeconds(createdAt),
    updated_at: toSeconds(updatedAt),
  }
}
