import { call, defineContract, event } from '@parley/chassis/contract/define-contract.ts'
import { type Static, Type } from 'typebox'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const KeyScope = Type.Union([
  Type.Literal('inference'),
  Type.Literal('sessions'),
  Type.Literal('keys'),
  Type.Literal('operator'),
])

/** An API key as it may be shown: never its secret. */
export const ApiKey = Type.Object({
  keyId: Type.String(),
  tenant: Type.String(),
  name: Type.String(),
  /** The first characters of the secret, to recognise it by. */
  hint: Type.String(),
  scopes: Type.Array(KeyScope),
  /** Null: no limit of its own. */
  requestsPerMinute: Nullable(Type.Integer({ minimum: 1 })),
  createdAt: Type.Integer(),
  expiresAt: Nullable(Type.Integer()),
  revokedAt: Nullable(Type.Integer()),
})
export type ApiKey = Static<typeof ApiKey>

const Amount = Nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000_000_000 }))

/** What a key may use in a period; at least one of the limits is given. */
export const KeyBudget = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  period: Type.Union([Type.Literal('total'), Type.Literal('day'), Type.Literal('month')]),
  limitMicros: Amount,
  limitTokens: Amount,
})
export type KeyBudget = Static<typeof KeyBudget>

export const CreateKey = Type.Object({
  tenant: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
  name: Type.String({ minLength: 1, maxLength: 100 }),
  scopes: Type.Array(KeyScope, { minItems: 1 }),
  requestsPerMinute: Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  expiresAt: Nullable(Type.Integer()),
  /** Made with the key, so that it never works without. Costs are in millionths of the currency. */
  budget: Type.Optional(KeyBudget),
})
export type CreateKey = Static<typeof CreateKey>

const keyEvent = Type.Object({ keyId: Type.String(), tenant: Type.String() })
const byKey = { key: (data: { keyId: string }) => data.keyId }

/** The public wire APIs are not part of it: they are described by the route table and served at `/openapi.json`. */
export const GatewayContract = defineContract('gateway', {
  version: '1.0',
  calls: {
    /** The only time the secret is shown. */
    createKey: call({
      http: 'POST /keys',
      in: CreateKey,
      out: Type.Object({ key: ApiKey, secret: Type.String() }),
      errors: ['SCOPE_MISSING', 'INVALID_REQUEST'],
      effect: 'write',
    }),
    listKeys: call({
      http: 'GET /keys',
      in: Type.Object({ tenant: Type.String() }),
      out: Type.Object({ data: Type.Array(ApiKey) }),
      errors: ['SCOPE_MISSING'],
      effect: 'read',
    }),
    revokeKey: call({
      http: 'POST /keys/:keyId/revoke',
      in: Type.Object({ keyId: Type.String() }),
      out: ApiKey,
      errors: ['KEY_NOT_FOUND'],
      effect: 'write',
      idempotent: true,
    }),
  },
  events: {
    keyCreated: event('key.created.v1', keyEvent, byKey),
    keyRevoked: event('key.revoked.v1', keyEvent, byKey),
  },
})
