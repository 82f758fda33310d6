import type { Migration } from '@parley/chassis/store/migrations.ts'

/**
 * Every key starts with the tenant. `items_by_id` serves look-ups by id, the primary key the reading in order of
 * position; `sessions_by_activity` serves the sweep, which is the only query over all tenants.
 */
export const initial: Migration = {
  name: '0001-initial',
  async up(db) {
    await db.schema
      .createTable('users')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('preferences', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('users_pk', ['tenant', 'user_id'])
      .execute()

    await db.schema
      .createTable('sessions')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('metadata', 'text', (column) => column.notNull())
      .addColumn('preferences', 'text', (column) => column.notNull())
      .addColumn('item_count', 'integer', (column) => column.notNull())
      .addColumn('next_position', 'bigint', (column) => column.notNull())
      .addColumn('event_seq', 'bigint', (column) => column.notNull())
      .addColumn('active_response_id', 'text')
      .addColumn('lease_until', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('last_active_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('sessions_pk', ['tenant', 'session_id'])
      .execute()
    await db.schema
      .createIndex('sessions_by_user')
      .on('sessions')
      .columns(['tenant', 'user_id', 'session_id'])
      .execute()
    await db.schema
      .createIndex('sessions_by_status')
      .on('sessions')
      .columns(['tenant', 'status', 'session_id'])
      .execute()
    await db.schema.createIndex('sessions_by_activity').on('sessions').columns(['status', 'last_active_at']).execute()

    await db.schema
      .createTable('items')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addColumn('item_id', 'text', (column) => column.notNull())
      .addColumn('item', 'text', (column) => column.notNull())
      .addColumn('tokens', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('items_pk', ['tenant', 'session_id', 'position'])
      .execute()
    await db.schema
      .createIndex('items_by_id')
      .on('items')
      .columns(['tenant', 'session_id', 'item_id'])
      .unique()
      .execute()

    await db.schema
      .createTable('turns')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('appended_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('turns_pk', ['tenant', 'session_id', 'response_id'])
      .execute()
  },
}
