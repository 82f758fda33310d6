import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { ItemPageRequest, ItemStore, NewestRequest, PlacedItem, SessionKey } from '../application/ports.ts'
import { pageOf } from './page.ts'
import type { ItemTable, SessionSchema } from './schema.ts'

type Key = { tenant: string; sessionId: string }
type ItemRow = Pick<ItemTable, 'position' | 'item' | 'tokens'>

export class KyselyItemStore implements ItemStore {
  readonly #store: Store<SessionSchema>
  readonly #insert: PreparedQuery<unknown, Key & { position: number; itemId: string; item: string; tokens: number }>
  readonly #newest: PreparedQuery<ItemRow, Key & { before: number; limit: number }>
  readonly #find: PreparedQuery<ItemRow, Key & { itemId: string }>

  constructor(store: Store<SessionSchema>) {
    this.#store = store
    this.#insert = store.prepare((db, { tenant, sessionId, position, itemId, item, tokens }) =>
      db
        .insertInto('items')
        .values({ tenant, session_id: sessionId, position, item_id: itemId, item, tokens })
        .onConflict((conflict) => conflict.columns(['tenant', 'session_id', 'item_id']).doNothing()),
    )
    this.#newest = store.prepare((db, { tenant, sessionId, before, limit }) =>
      db
        .selectFrom('items')
        .select(['position', 'item', 'tokens'])
        .where('tenant', '=', tenant)
        .where('session_id', '=', sessionId)
        .where('position', '<', before)
        .orderBy('position', 'desc')
        .limit(limit),
    )
    this.#find = store.prepare((db, { tenant, sessionId, itemId }) =>
      db
        .selectFrom('items')
        .select(['position', 'item', 'tokens'])
        .where('tenant', '=', tenant)
        .where('session_id', '=', sessionId)
        .where('item_id', '=', itemId),
    )
  }

  async insert(tx: Transaction, key: SessionKey, { item, tokens, position }: PlacedItem) {
    const row = { ...key, position, itemId: item.id, item: JSON.stringify(item), tokens }
    return (await this.#insert.run(tx, row)) > 0
  }

  async find(key: SessionKey, itemId: string) {
    const row = await this.#find.first(null, { ...key, itemId })
    return row && placedItemOf(row)
  }

  async listNewest(key: SessionKey, request: NewestRequest) {
    const rows = await this.#newest.all(null, { ...key, ...request })
    return rows.map(placedItemOf)
  }

  async list({ tenant, sessionId }: SessionKey, { after, limit, order }: ItemPageRequest) {
    let query = this.#store.read
      .selectFrom('items')
      .select('item')
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
    if (after !== undefined) query = query.where('position', order === 'asc' ? '>' : '<', after)
    const rows = await query
      .orderBy('position', order)
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, (row): Item => JSON.parse(row.item))
  }

  async delete(tx: Transaction, { tenant, sessionId }: SessionKey, itemId: string) {
    const { numDeletedRows } = await this.#store
      .within(tx)
      .deleteFrom('items')
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
      .where('item_id', '=', itemId)
      .executeTakeFirst()
    return numDeletedRows > 0n
  }

  async deleteAll(tx: Transaction, { tenant, sessionId }: SessionKey) {
    await this.#store
      .within(tx)
      .deleteFrom('items')
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
      .execute()
  }
}

function placedItemOf(row: ItemRow): PlacedItem {
  return { position: row.position, tokens: row.tokens, item: JSON.parse(row.item) }
}
