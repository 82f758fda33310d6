import type { Migration } from '@parley/chassis/store/migrations.ts'

/** Versions of prompts; a row is written once, and later only noted as retired. */
export const prompts: Migration = {
  name: '0002-prompts',
  async up(db) {
    await db.schema
      .createTable('prompts')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('prompt_id', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('retired_at', 'bigint')
      .addPrimaryKeyConstraint('prompts_pk', ['tenant', 'prompt_id', 'version'])
      .execute()
  },
}
