import type { Migration } from '@parley/chassis/store/migrations.ts'
import { sql } from 'kysely'

/** `responses_kept` holds stored responses only, so that a plain one costs nothing: it serves the list of completions. */
export const completions: Migration = {
  name: '0003-completions',
  async up(db) {
    await db.schema.alterTable('contents').addColumn('dialect', 'text').execute()
    await db.schema
      .createIndex('responses_kept')
      .on('responses')
      .columns(['tenant', 'response_id'])
      .where(sql<boolean>`store = 1`)
      .execute()
  },
}
