import type { Migration } from '@parley/chassis/store/migrations.ts'

export const runners: Migration = {
  name: '0002-runners',
  async up(db) {
    await db.schema
      .createTable('runners')
      .addColumn('owner', 'text', (column) => column.primaryKey())
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .execute()
  },
}
