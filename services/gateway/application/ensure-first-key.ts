import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import { type ApiKeyRecord, allScopes, hintOf } from '../domain/api-key.ts'
import type { HashSecret, KeyEvents, KeySlot, KeyStore, NewSecret } from './ports.ts'

export interface EnsureFirstKeyPorts {
  keys: KeyStore
  events: KeyEvents
  newSecret: NewSecret
  hashSecret: HashSecret
  clock: Clock
  newId: NewId
}

export const defaultTenant = 'default'

/**
 * Sees to it that somebody can get in. With a preset secret, that is a key, and it takes the place of an
 * earlier preset one; a key that was revoked on purpose stays so. Without one, an empty store gets its first key. Resolves to the secret of a key
 * that was generated, to be shown this once, else to null.
 */
export function createEnsureFirstKey({ keys, events, newSecret, hashSecret, clock, newId }: EnsureFirstKeyPorts) {
  function newKey(secret: string, name: string): ApiKeyRecord {
    return {
      keyId: newId('key'),
      tenant: defaultTenant,
      name,
      hint: hintOf(secret),
      secretHash: hashSecret(secret),
      scopes: allScopes,
      requestsPerMinute: null,
      createdAt: clock.now(),
      expiresAt: null,
      revokedAt: null,
    }
  }

  async function add(tx: Transaction, context: CallContext, key: ApiKeyRecord, slot: KeySlot): Promise<boolean> {
    const added = await keys.insert(tx, key, slot)
    if (added) await events.created(tx, context, key)
    return added
  }

  return async function ensureFirstKey(context: CallContext, presetSecret: string | null): Promise<string | null> {
    return keys.transaction(async (tx) => {
      if (presetSecret === null) {
        if (!(await keys.isEmpty(tx))) return null
        const secret = newSecret()
        return (await add(tx, context, newKey(secret, 'first key'), 'first')) ? secret : null
      }
      if ((await keys.findByHash(tx, hashSecret(presetSecret))) !== undefined) return null
      const replaced = await keys.findInSlot(tx, 'preset')
      if (replaced !== undefined) {
        await keys.delete(tx, replaced.keyId)
        await events.revoked(tx, context, replaced)
      }
      await add(tx, context, newKey(presetSecret, 'preset key'), 'preset')
      return null
    })
  }
}
