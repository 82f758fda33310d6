import type { Migration } from '@parley/chassis/store/migrations.ts'
import { sql } from 'kysely'

/** Holds are kept when they are settled: what is still held can be added up without reading those. */
export const openHolds: Migration = {
  name: '0004-open-holds',
  async up(db) {
    await db.schema
      .createIndex('budget_holds_open')
      .on('budget_holds')
      .columns(['tenant', 'held_micros'])
      .where(sql<boolean>`is_open = 1`)
      .execute()
  },
}
