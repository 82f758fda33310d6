import type { Migration } from '@parley/chassis/store/migrations.ts'
import { sql } from 'kysely'

/**
 * Partial indexes hold only what is under way or kept for a while, so that a response that has ended costs nothing:
 * `responses_due` serves the sweep, `responses_cancelling` the watch, `responses_kept_for_key` the deletion of frames.
 */
export const initial: Migration = {
  name: '0001-initial',
  async up(db) {
    await db.schema
      .createTable('responses')
      .addColumn('response_id', 'text', (column) => column.primaryKey())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('correlation_id', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text')
      .addColumn('previous_response_id', 'text')
      .addColumn('store', 'integer', (column) => column.notNull())
      .addColumn('logged', 'integer', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('attempt', 'integer', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('due_at', 'bigint')
      .addColumn('cancel_requested', 'integer', (column) => column.notNull())
      .addColumn('lost', 'integer', (column) => column.notNull())
      .addColumn('outcome', 'text')
      .addColumn('pending_turn', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('completed_at', 'bigint')
      .execute()
    await db.schema
      .createIndex('responses_due')
      .on('responses')
      .columns(['due_at'])
      .where(sql.ref('due_at'), 'is not', null)
      .execute()
    await db.schema
      .createIndex('responses_cancelling')
      .on('responses')
      .columns(['response_id'])
      .where(sql<boolean>`cancel_requested = 1`)
      .execute()
    await db.schema
      .createIndex('responses_kept_for_key')
      .on('responses')
      .columns(['completed_at'])
      .where(sql<boolean>`store = 0 and logged = 1`)
      .execute()

    await db.schema
      .createTable('lost_attempts')
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('attempt', 'integer', (column) => column.notNull())
      .addColumn('usage', 'text')
      .addColumn('lost_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('lost_attempts_pk', ['response_id', 'attempt'])
      .execute()
    await sql`
      create view attempts as
      select response_id, attempt, 'lost' as state from lost_attempts
      union all
      select response_id, attempt,
        case when lost = 1 then 'lost' when status = 'in_progress' then 'dispatching' else 'ended' end as state
      from responses where attempt > 0
    `.execute(db)

    await db.schema
      .createTable('frames')
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('last_seq', 'integer', (column) => column.notNull())
      .addColumn('frames', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('frames_pk', ['response_id', 'last_seq'])
      .execute()

    await db.schema
      .createTable('contents')
      .addColumn('response_id', 'text', (column) => column.primaryKey())
      .addColumn('details', 'text', (column) => column.notNull())
      .addColumn('input', 'text', (column) => column.notNull())
      .addColumn('output', 'text')
      .execute()
  },
}
