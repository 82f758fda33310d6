import type { Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Selectable } from 'kysely'
import type { PutUser, UserPageRequest, UserStore } from '../application/ports.ts'
import type { User } from '../contract.ts'
import { pageOf } from './page.ts'
import type { SessionSchema, UserTable } from './schema.ts'

export class KyselyUserStore implements UserStore {
  readonly #store: Store<SessionSchema>

  constructor(store: Store<SessionSchema>) {
    this.#store = store
  }

  async put(tx: Transaction, tenant: string, { userId, profile, preferences }: PutUser) {
    const { nowMs } = this.#store
    const content = { profile: JSON.stringify(profile), preferences: JSON.stringify(preferences), updated_at: nowMs }
    const row = await this.#store
      .within(tx)
      .insertInto('users')
      .values({ tenant, user_id: userId, created_at: nowMs, ...content })
      .onConflict((conflict) => conflict.columns(['tenant', 'user_id']).doUpdateSet(content))
      .returningAll()
      .executeTakeFirstOrThrow()
    return userOf(row)
  }

  async find(tenant: string, userId: string) {
    const row = await this.#store.read
      .selectFrom('users')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return row && userOf(row)
  }

  async lock(tx: Transaction, tenant: string, userId: string) {
    const row = await this.#store
      .within(tx)
      .selectFrom('users')
      .select('user_id')
      .where('tenant', '=', tenant)
      .where('user_id', '=', userId)
      // SQLite has one writer at a time, so there a transaction is the lock.
      .$if(this.#store.dialect === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst()
    return row !== undefined
  }

  async list(tenant: string, { after, limit, order }: UserPageRequest) {
    let query = this.#store.read.selectFrom('users').selectAll().where('tenant', '=', tenant)
    if (after !== undefined) query = query.where('user_id', order === 'asc' ? '>' : '<', after)
    const rows = await query
      .orderBy('user_id', order)
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, userOf)
  }

  async delete(tx: Transaction, tenant: string, userId: string) {
    await this.#store
      .within(tx)
      .deleteFrom('users')
      .where('tenant', '=', tenant)
      .where('user_id', '=', userId)
      .execute()
  }
}

function userOf(row: Selectable<UserTable>): User {
  return {
    userId: row.user_id,
    profile: JSON.parse(row.profile),
    preferences: JSON.parse(row.preferences),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
