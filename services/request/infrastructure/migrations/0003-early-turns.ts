import type { Migration } from '@parley/chassis/store/migrations.ts'

/** Turns that a session has got before the end of their request was heard of. */
export const earlyTurns: Migration = {
  name: '0003-early-turns',
  async up(db) {
    await db.schema
      .createTable('early_turns')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('noted_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('early_turns_pk', ['tenant', 'response_id'])
      .execute()
    await db.schema.createIndex('early_turns_by_age').on('early_turns').column('noted_at').execute()
  },
}
