import type { Migration } from '@parley/chassis/store/migrations.ts'
import { sql } from 'kysely'

/**
 * Every key starts with the tenant. `requests_with_input` holds only requests under way and serves the round that
 * forgets inputs; `idempotency_keys_by_age` serves the one that forgets keys.
 */
export const initial: Migration = {
  name: '0001-initial',
  async up(db) {
    await db.schema
      .createTable('requests')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text')
      .addColumn('session_id', 'text')
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('input', 'text')
      .addColumn('accepted_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('requests_pk', ['tenant', 'request_id'])
      .execute()
    await db.schema
      .createIndex('requests_with_input')
      .on('requests')
      .columns(['accepted_at'])
      .where(sql.ref('input'), 'is not', null)
      .execute()

    await db.schema
      .createTable('idempotency_keys')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('accepted_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('idempotency_keys_pk', ['tenant', 'idempotency_key'])
      .execute()
    await db.schema.createIndex('idempotency_keys_by_age').on('idempotency_keys').columns(['accepted_at']).execute()

    await db.schema
      .createTable('ledger')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('provider', 'text')
      .addColumn('usage', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('settled_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('ledger_pk', ['tenant', 'request_id'])
      .execute()
  },
}
