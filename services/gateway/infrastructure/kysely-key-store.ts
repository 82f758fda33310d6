import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { KeySlot, KeyStore } from '../application/ports.ts'
import type { ApiKeyRecord } from '../domain/api-key.ts'
import type { ApiKeyTable, GatewaySchema } from './schema.ts'

export class KyselyKeyStore implements KeyStore {
  readonly #store: Store<GatewaySchema>
  readonly #byHash: PreparedQuery<ApiKeyTable, { secretHash: string }>

  constructor(store: Store<GatewaySchema>) {
    this.#store = store
    this.#byHash = store.prepare((db, { secretHash }) =>
      db.selectFrom('api_keys').selectAll().where('secret_hash', '=', secretHash),
    )
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#store.transaction(work)
  }

  async findByHash(tx: Transaction | null, secretHash: string): Promise<ApiKeyRecord | undefined> {
    return toRecord(await this.#byHash.first(tx, { secretHash }))
  }

  async find(tx: Transaction, keyId: string): Promise<ApiKeyRecord | undefined> {
    const keys = this.#store.within(tx).selectFrom('api_keys').selectAll()
    return toRecord(await keys.where('key_id', '=', keyId).executeTakeFirst())
  }

  async listByTenant(tenant: string): Promise<ApiKeyRecord[]> {
    const keys = this.#store.read.selectFrom('api_keys').selectAll().where('tenant', '=', tenant)
    const rows = await keys.orderBy('created_at', 'desc').orderBy('key_id', 'desc').execute()
    return rows.map(fromRow)
  }

  async isEmpty(tx: Transaction): Promise<boolean> {
    const keys = this.#store.within(tx).selectFrom('api_keys').select('key_id')
    return (await keys.limit(1).executeTakeFirst()) === undefined
  }

  async findInSlot(tx: Transaction, slot: KeySlot): Promise<ApiKeyRecord | undefined> {
    const keys = this.#store.within(tx).selectFrom('api_keys').selectAll()
    return toRecord(await keys.where('slot', '=', slot).executeTakeFirst())
  }

  async insert(tx: Transaction, key: ApiKeyRecord, slot: KeySlot | null): Promise<boolean> {
    const insertion = this.#store.within(tx).insertInto('api_keys').values(toRow(key, slot))
    const { numInsertedOrUpdatedRows } = await insertion
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n
  }

  async revoke(tx: Transaction, keyId: string, revokedAt: number): Promise<boolean> {
    const update = this.#store.within(tx).updateTable('api_keys').set({ revoked_at: revokedAt, slot: null })
    const { numUpdatedRows } = await update
      .where('key_id', '=', keyId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  }

  async delete(tx: Transaction, keyId: string): Promise<void> {
    await this.#store.within(tx).deleteFrom('api_keys').where('key_id', '=', keyId).execute()
  }
}

function toRow(key: ApiKeyRecord, slot: KeySlot | null): ApiKeyTable {
  return {
    key_id: key.keyId,
    tenant: key.tenant,
    name: key.name,
    hint: key.hint,
    secret_hash: key.secretHash,
    scopes: JSON.stringify(key.scopes),
    requests_per_minute: key.requestsPerMinute,
    slot,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  }
}

function toRecord(row: ApiKeyTable | undefined): ApiKeyRecord | undefined {
  return row === undefined ? undefined : fromRow(row)
}

function fromRow(row: ApiKeyTable): ApiKeyRecord {
  return {
    keyId: row.key_id,
    tenant: row.tenant,
    name: row.name,
    hint: row.hint,
    secretHash: row.secret_hash,
    scopes: JSON.parse(row.scopes),
    requestsPerMinute: row.requests_per_minute,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
