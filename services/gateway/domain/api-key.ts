import type { Principal, Scope } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'

export const allScopes: readonly Scope[] = ['inference', 'sessions', 'keys', 'operator']

/** A key as it is kept. The secret itself is never kept, only `secretHash`. */
export interface ApiKeyRecord {
  readonly keyId: string
  readonly tenant: string
  readonly name: string
  readonly hint: string
  readonly secretHash: string
  readonly scopes: readonly Scope[]
  readonly requestsPerMinute: number | null
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

/** What a caller with this key may act as. Made once per loaded key, not per request. */
export interface AuthenticatedKey {
  readonly principal: Principal
  readonly requestsPerMinute: number | null
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

export function toAuthenticatedKey(key: ApiKeyRecord): AuthenticatedKey {
  const { tenant, keyId, scopes, requestsPerMinute, expiresAt, revokedAt } = key
  return { principal: { tenant, keyId, scopes }, requestsPerMinute, expiresAt, revokedAt }
}

/** Throws KEY_REVOKED or KEY_EXPIRED. */
export function assertUsable(key: AuthenticatedKey, nowMs: number): void {
  if (key.revokedAt !== null) throw new AppError('KEY_REVOKED', 'This API key was revoked. Use another one.')
  if (key.expiresAt !== null && key.expiresAt <= nowMs) {
    throw new AppError('KEY_EXPIRED', 'This API key has expired. Use another one.')
  }
}

/** Throws SCOPE_MISSING. */
export function assertScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes(scope)) return
  throw new AppError('SCOPE_MISSING', `This API key lacks the scope '${scope}'. Use a key that was made with it.`)
}

/** Enough of a secret to recognise it by, and never more than a quarter. */
export function hintOf(secret: string): string {
  return secret.slice(0, Math.min(hintCharsMax, Math.floor(secret.length / 4)))
}

/** The prefix of a generated secret and four characters of its own. */
const hintCharsMax = 'parley-'.length + 4
