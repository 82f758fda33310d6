import { Type } from 'typebox'
import type { ManageKeys } from '../../application/manage-keys.ts'
import { type ApiKey, CreateKey, KeyBudget, KeyScope } from '../../contract.ts'
import { encodeList, ListOf } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, Maybe, Nullable, toSeconds } from '../schemas.ts'

const KeyObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.key'),
  tenant: Type.String(),
  name: Type.String(),
  hint: Type.String(),
  scopes: Type.Array(KeyScope),
  requests_per_minute: Nullable(Type.Integer()),
  created_at: Type.Integer(),
  expires_at: Nullable(Type.Integer()),
  revoked_at: Nullable(Type.Integer()),
})
const CreatedKey = Type.Object({ ...KeyObject.properties, secret: Type.String() })

const { tenant: Tenant, name: Name, scopes: Scopes } = CreateKey.properties
const latestSeconds = 253_402_300_799
const amountMax = 1_000_000_000_000_000

/** Times are in seconds, as everywhere on the public wire. */
const CreateKeyBody = Type.Object({
  name: Name,
  scopes: Maybe(Scopes),
  tenant: Maybe(Tenant),
  requests_per_minute: Maybe(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  expires_at: Maybe(Type.Integer({ minimum: 0, maximum: latestSeconds })),
  /** What the key may use from the start; more budgets can be added at `/parley/budgets`. */
  budget: Maybe(
    Type.Object({
      name: Maybe(Name),
      period: Maybe(KeyBudget.properties.period),
      limit_micros: Maybe(Type.Integer({ minimum: 0, maximum: amountMax })),
      limit_tokens: Maybe(Type.Integer({ minimum: 0, maximum: amountMax })),
    }),
  ),
})

export function keyRoutes({ manageKeys }: { manageKeys: ManageKeys }): Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/parley/keys',
    summary: 'Make an API key; its secret is shown this once',
    scope: 'keys',
    body: CreateKeyBody,
    responses: { 200: { description: 'The key and its secret.', body: CreatedKey } },
    async handle({ context, body }) {
      const { key, secret } = await manageKeys.createKey(context, {
        tenant: body.tenant ?? context.principal.tenant,
        name: body.name,
        scopes: body.scopes ?? ['inference', 'sessions'],
        requestsPerMinute: body.requests_per_minute ?? null,
        expiresAt: typeof body.expires_at === 'number' ? body.expires_at * 1_000 : null,
        ...(isGiven(body.budget) && {
          budget: {
            name: body.budget.name ?? body.name,
            period: body.budget.period ?? 'total',
            limitMicros: body.budget.limit_micros ?? null,
            limitTokens: body.budget.limit_tokens ?? null,
          },
        }),
      })
      return json({ ...encodeKey(key), secret })
    },
  })
  const list = defineRoute({
    method: 'GET',
    path: '/parley/keys',
    summary: 'List the API keys of a tenant, newest first',
    scope: 'keys',
    query: Type.Object({ tenant: Type.Optional(Tenant) }),
    responses: { 200: { description: 'All keys, revoked ones included.', body: ListOf(KeyObject) } },
    async handle({ context, query }) {
      const { data } = await manageKeys.listKeys(context, { tenant: query.tenant ?? context.principal.tenant })
      return json(encodeList({ data, hasMore: false }, { idOf: ({ keyId }) => keyId, encode: encodeKey }))
    },
  })
  const revoke = defineRoute({
    method: 'POST',
    path: '/parley/keys/{key_id}/revoke',
    summary: 'Revoke an API key; within a second no request is taken with it',
    scope: 'keys',
    params: Type.Object({ key_id: Id }),
    responses: { 200: { description: 'The revoked key.', body: KeyObject } },
    async handle({ context, params }) {
      return json(encodeKey(await manageKeys.revokeKey(context, { keyId: params.key_id })))
    },
  })
  return [create, list, revoke]
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}

function encodeKey(key: ApiKey): object {
  const { keyId, tenant, name, hint, scopes, requestsPerMinute, createdAt, expiresAt, revokedAt } = key
  return {
    id: keyId,
    object: 'parley.key',
    tenant,
    name,
    hint,
    scopes,
    requests_per_minute: requestsPerMinute,
    created_at: toSeconds(createdAt),
    expires_at: expiresAt === null ? null : toSeconds(expiresAt),
    revoked_at: revokedAt === null ? null : toSeconds(revokedAt),
  }
}
