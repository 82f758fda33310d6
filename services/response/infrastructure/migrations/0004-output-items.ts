import type { Migration } from '@parley/chassis/store/migrations.ts'

/** Which stored response an output item is of, so that a later request can name the item alone. */
export const outputItems: Migration = {
  name: '0004-output-items',
  async up(db) {
    await db.schema
      .createTable('output_items')
      .addColumn('item_id', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('output_items_pk', ['item_id', 'response_id'])
      .execute()
    await db.schema.createIndex('output_items_by_response').on('output_items').columns(['response_id']).execute()
  },
}
