import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext, Principal } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { ApiKey, CreateKey } from '../contract.ts'
import { type ApiKeyRecord, hintOf } from '../domain/api-key.ts'
import type { HashSecret, KeyBudgets, KeyDirectory, KeyEvents, KeyStore, NewSecret } from './ports.ts'

export interface ManageKeysPorts {
  keys: KeyStore
  directory: KeyDirectory
  budgets: KeyBudgets
  events: KeyEvents
  newSecret: NewSecret
  hashSecret: HashSecret
  clock: Clock
  newId: NewId
}

export type ManageKeys = ReturnType<typeof createManageKeys>

/**
 * Makes, lists and revokes keys. A principal acts on its own tenant; on another only with the scope `operator`, which
 * only an operator can give away.
 */
export function createManageKeys(ports: ManageKeysPorts) {
  const { keys, directory, budgets, events, newSecret, hashSecret, clock, newId } = ports
  return {
    /**
     * The secret is in the answer and nowhere else. The budget comes first: a key without it never exists, while a budget
     * of a key that came to nothing limits nobody. Throws SCOPE_MISSING, INVALID_REQUEST.
     */
    async createKey(context: CallContext, { budget, ...wish }: CreateKey): Promise<{ key: ApiKey; secret: string }> {
      assertMayManage(context.principal, wish.tenant)
      if (wish.scopes.includes('operator')) assertOperator(context.principal)
      const createdAt = clock.now()
      if (wish.expiresAt !== null && wish.expiresAt <= createdAt) {
        throw new AppError('INVALID_REQUEST', 'expires_at must lie in the future.', { param: 'expires_at' })
      }
      const secret = newSecret()
      const key: ApiKeyRecord = {
        ...wish,
        scopes: [...new Set(wish.scopes)],
        keyId: newId('key'),
        hint: hintOf(secret),
        secretHash: hashSecret(secret),
        createdAt,
        revokedAt: null,
      }
      if (budget !== undefined) await budgets.create(context, { ...budget, tenant: key.tenant, keyId: key.keyId })
      await keys.transaction(async (tx) => {
        await keys.insert(tx, key, null)
        await events.created(tx, context, key)
      })
      return { key: toApiKey(key), secret }
    },

    /** Throws SCOPE_MISSING. */
    async listKeys(context: CallContext, { tenant }: { tenant: string }): Promise<{ data: ApiKey[] }> {
      assertMayManage(context.principal, tenant)
      const found = await keys.listByTenant(tenant)
      return { data: found.map(toApiKey) }
    },

    /** Repeating it changes nothing. Throws KEY_NOT_FOUND, for another tenant's key as for one that does not exist. */
    async revokeKey(context: CallContext, { keyId }: { keyId: string }): Promise<ApiKey> {
      const revoked = await keys.transaction(async (tx) => {
        const key = await keys.find(tx, keyId)
        if (key === undefined || !mayManage(context.principal, key.tenant)) {
          throw new AppError('KEY_NOT_FOUND', 'There is no key with this id.', { param: 'key_id' })
        }
        const revokedAt = clock.now()
        if (key.revokedAt !== null || !(await keys.revoke(tx, keyId, revokedAt))) return key
        await events.revoked(tx, context, key)
        return { ...key, revokedAt }
      })
      directory.forget(revoked.secretHash)
      return toApiKey(revoked)
    },
  }
}

function mayManage(principal: Principal, tenant: string): boolean {
  return principal.tenant === tenant || principal.scopes.includes('operator')
}

function assertMayManage(principal: Principal, tenant: string): void {
  if (!mayManage(principal, tenant)) assertOperator(principal)
}

function assertOperator(principal: Principal): void {
  if (principal.scopes.includes('operator')) return
  throw new AppError(
    'SCOPE_MISSING',
    "Keys of another tenant, and keys with the scope 'operator', need an operator's key.",
  )
}

function toApiKey({ secretHash: _, scopes, ...shown }: ApiKeyRecord): ApiKey {
  return { ...shown, scopes: [...scopes] }
}
