import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { ApplicableBudget, BudgetHolds, Hold, PeriodKey } from '../application/budget-ports.ts'
import { budgetColumns } from './budget-columns.ts'
import type { BudgetHoldTable, RequestSchema } from './schema.ts'

type Holding = { budgetId: string; startsAt: number; micros: number; tokens: number }
type Settling = Holding & { heldMicros: number; heldTokens: number }
type HoldKey = { tenant: string; requestId: string; budgetId: string }

export class KyselyBudgetHolds implements BudgetHolds {
  readonly #store: Store<RequestSchema>
  readonly #listApplicable: PreparedQuery<ApplicableBudget, { tenant: string; keyId: string | null }>
  readonly #hold: PreparedQuery<unknown, Holding>
  readonly #close: PreparedQuery<unknown, HoldKey & { micros: number; tokens: number }>
  readonly #settle: PreparedQuery<unknown, Settling>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
    this.#listApplicable = prepareListing(store)
    this.#hold = store.prepare((db, { budgetId, startsAt, micros, tokens }) =>
      db
        .updateTable('budget_periods')
        .set({
          held_micros: sql<number>`held_micros + ${micros}`,
          held_tokens: sql<number>`held_tokens + ${tokens}`,
        })
        .where('budget_id', '=', budgetId)
        .where('starts_at', '=', startsAt)
        .where(
          sql<boolean>`(limit_micros is null or spent_micros + over_micros + held_micros + ${micros} <= limit_micros)`,
        )
        .where(
          sql<boolean>`(limit_tokens is null or spent_tokens + over_tokens + held_tokens + ${tokens} <= limit_tokens)`,
        ),
    )
    this.#close = store.prepare((db, { tenant, requestId, budgetId, micros, tokens }) =>
      db
        .updateTable('budget_holds')
        .set({ is_open: 0, spent_micros: micros, spent_tokens: tokens })
        .where('tenant', '=', tenant)
        .where('request_id', '=', requestId)
        .where('budget_id', '=', budgetId)
        .where('is_open', '=', 1),
    )
    this.#settle = prepareSettling(store)
  }

  listApplicable: BudgetHolds['listApplicable'] = (tx, tenant, keyId) => this.#listApplicable.all(tx, { tenant, keyId })

  openPeriod: BudgetHolds['openPeriod'] = async (tx, budget, { startsAt, endsAt }) => {
    await this.#store
      .within(tx)
      .insertInto('budget_periods')
      .values({
        budget_id: budget.budgetId,
        starts_at: startsAt,
        ends_at: endsAt,
        limit_micros: budget.limitMicros,
        limit_tokens: budget.limitTokens,
      })
      .onConflict((conflict) => conflict.columns(['budget_id', 'starts_at']).doNothing())
      .execute()
  }

  hold: BudgetHolds['hold'] = async (tx, { budgetId, startsAt }, { micros, tokens }) =>
    (await this.#hold.run(tx, { budgetId, startsAt, micros, tokens })) > 0

  roomOf: BudgetHolds['roomOf'] = async (tx, { budgetId, startsAt }) => {
    const row = await this.#store
      .within(tx)
      .selectFrom('budget_periods')
      .selectAll()
      .where('budget_id', '=', budgetId)
      .where('starts_at', '=', startsAt)
      .executeTakeFirstOrThrow()
    const left = (limit: number | null, ...used: number[]) =>
      limit === null
        ? null
        : Math.max(
            used.reduce((rest, amount) => rest - amount, limit),
            0,
          )
    return {
      micros: left(row.limit_micros, row.spent_micros, row.over_micros, row.held_micros),
      tokens: left(row.limit_tokens, row.spent_tokens, row.over_tokens, row.held_tokens),
    }
  }

  note: BudgetHolds['note'] = async (tx, hold) => {
    const row = {
      tenant: hold.tenant,
      request_id: hold.requestId,
      budget_id: hold.budgetId,
      starts_at: hold.startsAt,
      held_micros: hold.micros,
      held_tokens: hold.tokens,
      provenance: hold.provenance,
    }
    await this.#store
      .within(tx)
      .insertInto('budget_holds')
      .values({ ...row, is_open: 1, spent_micros: 0, spent_tokens: 0 })
      .execute()
  }

  listOpen: BudgetHolds['listOpen'] = async (tx, tenant, requestId) => {
    const rows = await this.#store
      .within(tx)
      .selectFrom('budget_holds')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .where('is_open', '=', 1)
      .orderBy('budget_id')
      .execute()
    return rows.map(toHold)
  }

  settle: BudgetHolds['settle'] = async (tx, hold, { micros, tokens }) => {
    const { tenant, requestId, budgetId, startsAt } = hold
    if ((await this.#close.run(tx, { tenant, requestId, budgetId, micros, tokens })) === 0) return
    const held = { heldMicros: hold.micros, heldTokens: hold.tokens }
    await this.#settle.write(tx, { budgetId, startsAt, micros, tokens, ...held })
  }
}

function prepareListing(store: Store<RequestSchema>) {
  return store.prepare<ApplicableBudget, { tenant: string; keyId: string | null }>((db, { tenant, keyId }) =>
    db
      .selectFrom('budgets')
      .leftJoin('budget_periods', (join) =>
        join
          .onRef('budget_periods.budget_id', '=', 'budgets.budget_id')
          .on('budget_periods.starts_at', '<=', store.nowMs)
          .on('budget_periods.ends_at', '>', store.nowMs),
      )
      .select([...budgetColumns, 'budget_periods.starts_at as startsAt', store.nowMs.as('nowMs')])
      .where('budgets.tenant', '=', tenant)
      .where((where) => where.or([where('budgets.key_id', 'is', null), where('budgets.key_id', '=', keyId)]))
      .orderBy('budgets.budget_id'),
  )
}

/** What is spent beyond the hold goes into `over` as soon as it would not fit below the limit any more. */
function prepareSettling(store: Store<RequestSchema>) {
  return store.prepare<unknown, Settling>((db, { budgetId, startsAt, micros, tokens, heldMicros, heldTokens }) => {
    const microsRoom = sql<number>`limit_micros - spent_micros - held_micros + ${heldMicros}`
    const tokensRoom = sql<number>`limit_tokens - spent_tokens - held_tokens + ${heldTokens}`
    const microsFit = sql<boolean>`limit_micros is null or ${micros} <= ${microsRoom}`
    const tokensFit = sql<boolean>`limit_tokens is null or ${tokens} <= ${tokensRoom}`
    return db
      .updateTable('budget_periods')
      .set({
        held_micros: sql<number>`held_micros - ${heldMicros}`,
        held_tokens: sql<number>`held_tokens - ${heldTokens}`,
        spent_micros: sql<number>`spent_micros + case when ${microsFit} then ${micros} else ${microsRoom} end`,
        spent_tokens: sql<number>`spent_tokens + case when ${tokensFit} then ${tokens} else ${tokensRoom} end`,
        over_micros: sql<number>`over_micros + case when ${microsFit} then 0 else ${micros} - (${microsRoom}) end`,
        over_tokens: sql<number>`over_tokens + case when ${tokensFit} then 0 else ${tokens} - (${tokensRoom}) end`,
      })
      .where('budget_id', '=', budgetId)
      .where('starts_at', '=', startsAt)
  })
}

function toHold(row: Omit<BudgetHoldTable, 'is_open' | 'spent_micros' | 'spent_tokens'>): Hold & PeriodKey {
  return {
    tenant: row.tenant,
    requestId: row.request_id,
    budgetId: row.budget_id,
    startsAt: row.starts_at,
    micros: row.held_micros,
    tokens: row.held_tokens,
    provenance: row.provenance,
  }
}
