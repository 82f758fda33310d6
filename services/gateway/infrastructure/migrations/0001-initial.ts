import type { Migration } from '@parley/chassis/store/migrations.ts'

export const initial: Migration = {
  name: '0001-initial',
  async up(db) {
    await db.schema
      .createTable('api_keys')
      .addColumn('key_id', 'text', (column) => column.primaryKey())
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('hint', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('requests_per_minute', 'integer')
      .addColumn('slot', 'text', (column) => column.unique())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .execute()
    await db.schema.createIndex('api_keys_by_tenant').on('api_keys').columns(['tenant', 'created_at']).execute()
  },
}
