import { createSecretKey, type KeyObject } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Principal, Scope } from '../values/context.ts'
import { AppError } from '../values/errors.ts'

/** Proof, between services, of who calls whom and on whose behalf. */
export interface InternalAuth {
  sign(options: { caller: string; callee: string; principal: Principal }): Promise<string>
  /** Throws CALLER_UNAUTHENTICATED for anything but a token signed here, for this callee, that is still young. */
  verify(callee: string, authorization: string | undefined): Promise<{ caller: string; principal: Principal }>
  /** From now on the first secret signs, and only tokens signed with one of them are accepted. */
  rotate(secrets: readonly string[]): void
}

export const internalSecretCharsMin = 32

const algorithm = 'HS256'
const tokenType = 'parley-call+jwt'
const lifetimeSeconds = 60
/** Tokens are used again while they are young, since making one costs more than the call itself. */
const reuseMs = 30_000
const cacheEntriesMax = 10_000

/**
 * Short-lived tokens signed with a secret that all processes of a deployment share. While it is being replaced there are
 * several: the first signs, all are accepted.
 */
export function createInternalAuth(...secrets: readonly string[]): InternalAuth {
  let keys = toKeys(secrets)
  const signed = new LRUCache<string, string>({ max: cacheEntriesMax, ttl: reuseMs })
  const verified = new LRUCache<string, { caller: string; principal: Principal }>({
    max: cacheEntriesMax,
    ttl: reuseMs,
  })
  return {
    async sign({ caller, callee, principal }) {
      const identity = JSON.stringify([caller, callee, principal.tenant, principal.keyId, principal.scopes])
      const known = signed.get(identity)
      if (known !== undefined) return known
      const before = keys
      const token = await signToken(keys[0], { caller, callee, principal })
      if (before === keys) signed.set(identity, token)
      return token
    },
    async verify(callee, authorization) {
      const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
      if (token === undefined) throw unauthenticated()
      const cacheKey = `${callee} ${token}`
      const known = verified.get(cacheKey)
      if (known !== undefined) return known
      const before = keys
      const claims = await verifyWithAny(keys, callee, token)
      if (before === keys) verified.set(cacheKey, claims)
      return claims
    },
    rotate(next) {
      keys = toKeys(next)
      signed.clear()
      verified.clear()
    },
  }
}

type Keys = readonly [KeyObject, ...KeyObject[]]

function toKeys(secrets: readonly string[]): Keys {
  const [first, ...others] = secrets.map((secret) => createSecretKey(Buffer.from(secret, 'utf8')))
  if (first === undefined) throw new Error('tokens between services need at least one secret')
  return [first, ...others]
}

async function verifyWithAny([first, ...others]: Keys, callee: string, token: string) {
  try {
    return await verifyToken(first, callee, token)
  } catch (error) {
    for (const key of others) {
      const claims = await verifyToken(key, callee, token).catch(() => null)
      if (claims !== null) return claims
    }
    throw error
  }
}

function signToken(key: KeyObject, options: { caller: string; callee: string; principal: Principal }): Promise<string> {
  const { tenant, keyId, scopes } = options.principal
  return new SignJWT({ tenant, keyId, scopes: [...scopes] })
    .setProtectedHeader({ alg: algorithm, typ: tokenType })
    .setIssuer(options.caller)
    .setAudience(options.callee)
    .setIssuedAt()
    .setExpirationTime(`${lifetimeSeconds}s`)
    .sign(key)
}

async function verifyToken(key: KeyObject, callee: string, token: string) {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      audience: callee,
      typ: tokenType,
      requiredClaims: ['iss', 'exp', 'tenant'],
    })
    const principal: Principal = {
      tenant: String(payload.tenant),
      keyId: typeof payload.keyId === 'string' ? payload.keyId : null,
      scopes: Array.isArray(payload.scopes) ? (payload.scopes as Scope[]) : [],
    }
    return { caller: String(payload.iss), principal }
  } catch (error) {
    throw unauthenticated(error)
  }
}

function unauthenticated(cause?: unknown): AppError {
  return new AppError(
    'CALLER_UNAUTHENTICATED',
    'Calls between services need a token signed with the same PARLEY_INTERNAL_SECRET, made for this service, less than a minute old.',
    { cause },
  )
}
