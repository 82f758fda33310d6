import { type Kysely, sql } from 'kysely'
import type { Migration } from '../store/migrations.ts'
import type { StoreDialect } from '../store/store.ts'

/** The event tables of every stateful service: they come before its own migrations. */
export const eventMigrations: readonly Migration[] = [
  { name: '0000-inbox', up: createInboxTable },
  { name: '0000-outbox', up: createOutboxTable },
  { name: '0000-slim-inbox', up: keyInboxByOrder },
  { name: '0000-tracestate', up: addTracestate },
]

/**
 * The first five columns have the names that Debezium's outbox router reads. The key is the order of publication: a row
 * lives for milliseconds, so each further index would be written twice for nothing.
 */
async function createOutboxTable(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('aggregatetype', 'text', (column) => column.notNull())
    .addColumn('aggregateid', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('correlation_id', 'text', (column) => column.notNull())
    .addColumn('causation_id', 'text')
    .addColumn('traceparent', 'text')
    .addColumn('time', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('parked_reason', 'text')
    .addPrimaryKeyConstraint('outbox_pk', ['aggregatetype', 'aggregateid', 'seq'])
    .$call((table) => (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
    .execute()
}

async function addTracestate(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('outbox').addColumn('tracestate', 'text').execute()
}

async function createInboxTable(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .createTable('inbox')
    .addColumn('consumer', 'text', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('aggregateid', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('inbox_pk', ['consumer', 'event_id'])
    .$call((table) => (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
    .execute()
  await db.schema
    .createIndex('inbox_order')
    .unique()
    .on('inbox')
    .columns(['consumer', 'source', 'aggregateid', 'seq'])
    .execute()
}

/**
 * An event's place among those of its key identifies it as well as its id does, and late repetitions are found by it, so
 * one key serves both: an event is written to one tree instead of two.
 */
async function keyInboxByOrder(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .createTable('inbox_by_order')
    .addColumn('consumer', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('aggregateid', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('event_id', 'text', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('inbox_by_order_pk', ['consumer', 'source', 'aggregateid', 'seq'])
    .$call((table) => (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table))
    .execute()
  await sql`
    insert into inbox_by_order (consumer, source, aggregateid, seq, event_id, received_at)
    select consumer, source, aggregateid, seq, event_id, received_at from inbox
  `.execute(db)
  await db.schema.dropTable('inbox').execute()
  await db.schema.alterTable('inbox_by_order').renameTo('inbox').execute()
}
