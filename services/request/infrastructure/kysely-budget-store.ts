import type { Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import { sql } from 'kysely'
import type { BudgetRow, BudgetStore } from '../application/budget-ports.ts'
import type { Budget } from '../contract.ts'
import { type BudgetPeriod, never, periodAt } from '../domain/budget-period.ts'
import { budgetColumns } from './budget-columns.ts'
import type { RequestSchema } from './schema.ts'

export class KyselyBudgetStore implements BudgetStore {
  readonly #store: Store<RequestSchema>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
  }

  insert: BudgetStore['insert'] = async (tx, budget) => {
    await this.#store
      .within(tx)
      .insertInto('budgets')
      .values({
        budget_id: budget.budgetId,
        tenant: budget.tenant,
        key_id: budget.keyId,
        name: budget.name,
        period: budget.period,
        limit_micros: budget.limitMicros,
        limit_tokens: budget.limitTokens,
        created_at: budget.createdAt,
        updated_at: budget.updatedAt,
      })
      .execute()
  }

  find: BudgetStore['find'] = async (tx, budgetId) => {
    const row = await this.#shown(tx).where('budgets.budget_id', '=', budgetId).executeTakeFirst()
    return row === undefined ? undefined : toBudget(row)
  }

  list: BudgetStore['list'] = async (tenant, { after, limit }) => {
    const ofTenant = this.#shown(null).where('budgets.tenant', '=', tenant)
    const rows = await (after === undefined ? ofTenant : ofTenant.where('budgets.budget_id', '<', after))
      .orderBy('budgets.budget_id', 'desc')
      .limit(limit + 1)
      .execute()
    return rows.map(toBudget)
  }

  update: BudgetStore['update'] = async (tx, { budgetId, name, limitMicros, limitTokens, updatedAt }) => {
    const { nowMs } = this.#store
    const db = this.#store.within(tx)
    const limits = { limit_micros: limitMicros, limit_tokens: limitTokens }
    await db
      .updateTable('budgets')
      .set({ ...limits, name, updated_at: updatedAt })
      .where('budget_id', '=', budgetId)
      .execute()
    let present = db
      .updateTable('budget_periods')
      .set(limits)
      .where('budget_id', '=', budgetId)
      .where('starts_at', '<=', nowMs)
      .where('ends_at', '>', nowMs)
    if (limitMicros !== null) present = present.where(sql<number>`spent_micros + held_micros`, '<=', limitMicros)
    if (limitTokens !== null) present = present.where(sql<number>`spent_tokens + held_tokens`, '<=', limitTokens)
    const { numUpdatedRows } = await present.executeTakeFirst()
    return numUpdatedRows > 0n || !(await this.#hasPresentPeriod(tx, budgetId))
  }

  delete: BudgetStore['delete'] = async (tx, budgetId) => {
    const db = this.#store.within(tx)
    for (const table of ['budget_holds', 'budget_periods', 'budgets'] as const) {
      await db.deleteFrom(table).where('budget_id', '=', budgetId).execute()
    }
  }

  async #hasPresentPeriod(tx: Transaction, budgetId: string): Promise<boolean> {
    const { nowMs } = this.#store
    const row = await this.#store
      .within(tx)
      .selectFrom('budget_periods')
      .select('budget_id')
      .where('budget_id', '=', budgetId)
      .where('starts_at', '<=', nowMs)
      .where('ends_at', '>', nowMs)
      .executeTakeFirst()
    return row !== undefined
  }

  #shown(tx: Transaction | null) {
    const { nowMs } = this.#store
    return (tx === null ? this.#store.read : this.#store.within(tx))
      .selectFrom('budgets')
      .leftJoin('budget_periods', (join) =>
        join
          .onRef('budget_periods.budget_id', '=', 'budgets.budget_id')
          .on('budget_periods.starts_at', '<=', nowMs)
          .on('budget_periods.ends_at', '>', nowMs),
      )
      .select([
        ...budgetColumns,
        'spent_micros as spentMicros',
        'held_micros as heldMicros',
        'over_micros as overMicros',
        'spent_tokens as spentTokens',
        'held_tokens as heldTokens',
        'over_tokens as overTokens',
        nowMs.as('nowMs'),
      ])
  }
}

type Used = 'spentMicros' | 'heldMicros' | 'overMicros' | 'spentTokens' | 'heldTokens' | 'overTokens'
type Shown = BudgetRow & { period: BudgetPeriod; nowMs: number } & Record<Used, number | null>

function toBudget(row: Shown): Budget {
  const { budgetId, tenant, keyId, name, period, limitMicros, limitTokens, createdAt, updatedAt, nowMs } = row
  const { startsAt, endsAt } = periodAt(period, nowMs)
  return {
    ...{ budgetId, tenant, keyId, name, period, limitMicros, limitTokens, createdAt, updatedAt },
    current: {
      startsAt,
      endsAt: endsAt === never ? null : endsAt,
      spentMicros: row.spentMicros ?? 0,
      heldMicros: row.heldMicros ?? 0,
      overMicros: row.overMicros ?? 0,
      spentTokens: row.spentTokens ?? 0,
      heldTokens: row.heldTokens ?? 0,
      overTokens: row.overTokens ?? 0,
    },
  }
}
