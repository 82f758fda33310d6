import type { Migration } from '@parley/chassis/store/migrations.ts'

/** Where a response stands among the traces, for an attempt that begins later, or in another process. */
export const traceparent: Migration = {
  name: '0005-traceparent',
  async up(db) {
    await db.schema.alterTable('responses').addColumn('traceparent', 'text').execute()
  },
}
