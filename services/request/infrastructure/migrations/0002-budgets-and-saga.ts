import type { Migration } from '@parley/chassis/store/migrations.ts'
import { type Kysely, sql } from 'kysely'

/**
 * Budgets with a row per period, what each request holds of them, costs in the ledger, and what the reaper noted.
 * `ledger_turn_owed` holds only what is under way, so that most requests cost it nothing.
 */
export const budgetsAndSaga: Migration = {
  name: '0002-budgets-and-saga',
  async up(db) {
    await extendRequests(db)
    await extendLedger(db)
    await createBudgets(db)
    await db.schema
      .createTable('saga_steps')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('request_id', 'text', (column) => column.notNull())
      .addColumn('step', 'integer', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      .addColumn('noted_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('saga_steps_pk', ['tenant', 'request_id', 'step'])
      .execute()
  },
}

async function extendRequests(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('requests').addColumn('price', 'text').execute()
  await db.schema.alterTable('requests').addColumn('progress_at', 'bigint').execute()
  await db.schema
    .alterTable('requests')
    .addColumn('drives', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('requests')
    .addColumn('held', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}

async function extendLedger(db: Kysely<unknown>): Promise<void> {
  const texts = ['key_id', 'price_version', 'provenance', 'lost_usage'] as const
  for (const name of texts) await db.schema.alterTable('ledger').addColumn(name, 'text').execute()
  const numbers = [
    'input_tokens',
    'cached_input_tokens',
    'output_tokens',
    'reasoning_tokens',
    'accepted_at',
    'cost_micros',
    'lost_cost_micros',
    'turn_at',
  ] as const
  for (const name of numbers) await db.schema.alterTable('ledger').addColumn(name, 'bigint').execute()
  await db.schema
    .alterTable('ledger')
    .addColumn('turn', 'text', (column) => column.notNull().defaultTo('none'))
    .execute()
  await db.schema
    .createIndex('ledger_turn_owed')
    .on('ledger')
    .columns(['tenant', 'response_id'])
    .where(sql<boolean>`turn = 'owed'`)
    .execute()
}

async function createBudgets(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('budgets')
    .addColumn('budget_id', 'text', (column) => column.primaryKey())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('key_id', 'text')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('limit_micros', 'bigint')
    .addColumn('limit_tokens', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('budgets_by_tenant').on('budgets').columns(['tenant', 'budget_id']).execute()

  const amounts = ['held_micros', 'held_tokens', 'spent_micros', 'spent_tokens', 'over_micros', 'over_tokens'] as const
  let periods = db.schema
    .createTable('budget_periods')
    .addColumn('budget_id', 'text', (column) => column.notNull())
    .addColumn('starts_at', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint', (column) => column.notNull())
    .addColumn('limit_micros', 'bigint')
    .addColumn('limit_tokens', 'bigint')
  for (const name of amounts) periods = periods.addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0))
  await periods.addPrimaryKeyConstraint('budget_periods_pk', ['budget_id', 'starts_at']).execute()

  await db.schema
    .createTable('budget_holds')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('budget_id', 'text', (column) => column.notNull())
    .addColumn('starts_at', 'bigint', (column) => column.notNull())
    .addColumn('held_micros', 'bigint', (column) => column.notNull())
    .addColumn('held_tokens', 'bigint', (column) => column.notNull())
    .addColumn('provenance', 'text', (column) => column.notNull())
    .addColumn('is_open', 'integer', (column) => column.notNull())
    .addColumn('spent_micros', 'bigint', (column) => column.notNull())
    .addColumn('spent_tokens', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('budget_holds_pk', ['tenant', 'request_id', 'budget_id'])
    .execute()
  await db.schema.createIndex('budget_holds_by_period').on('budget_holds').columns(['budget_id', 'starts_at']).execute()
}
