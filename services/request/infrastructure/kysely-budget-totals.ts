import type { Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { RequestSchema } from './schema.ts'

/** All budgets of all tenants together, as they stand in their present periods. */
export interface BudgetTotals {
  readonly budgets: number
  /** Used or held to nine tenths or more of a limit, but not to all of it. */
  readonly nearly: number
  readonly spent: number
  readonly heldMicros: number
  readonly heldTokens: number
}

const nearlyTenths = 9
const allTenths = 10

/** One row per budget and period is read: operators make them, so there are few. */
export function readBudgetTotals(store: Store<RequestSchema>): () => Promise<BudgetTotals> {
  const present = store.prepare<{ budgets: number; near: number; spent: number }>((db) =>
    db
      .selectFrom('budgets')
      .leftJoin('budget_periods', (join) =>
        join
          .onRef('budget_periods.budget_id', '=', 'budgets.budget_id')
          .on('budget_periods.starts_at', '<=', store.nowMs)
          .on('budget_periods.ends_at', '>', store.nowMs),
      )
      .select(({ fn }) => [
        fn.countAll<number>().as('budgets'),
        countOfUsed(nearlyTenths).as('near'),
        countOfUsed(allTenths).as('spent'),
      ]),
  )
  const held = store.prepare<{ micros: number; tokens: number }>((db) =>
    db
      .selectFrom('budget_periods')
      .select([
        sql<number>`coalesce(sum(held_micros), 0)`.as('micros'),
        sql<number>`coalesce(sum(held_tokens), 0)`.as('tokens'),
      ]),
  )
  return async () => {
    const [counts, holds] = await Promise.all([present.first(null, {}), held.first(null, {})])
    const { budgets = 0, near = 0, spent = 0 } = counts ?? {}
    const { micros: heldMicros = 0, tokens: heldTokens = 0 } = holds ?? {}
    return { budgets, nearly: near - spent, spent, heldMicros, heldTokens }
  }
}

function countOfUsed(tenths: number) {
  const isUsed = sql.join([usedOf('micros', tenths), usedOf('tokens', tenths)], sql` or `)
  return sql<number>`coalesce(sum(case when ${isUsed} then 1 else 0 end), 0)`
}

/** A budget that nobody has used in its present period has no row for it. */
function usedOf(kind: 'micros' | 'tokens', tenths: number) {
  const limit = sql.ref(`budgets.limit_${kind}`)
  const [spent, over, held] = ['spent', 'over', 'held'].map((part) => sql.ref(`budget_periods.${part}_${kind}`))
  const used = sql`coalesce(${spent} + ${over} + ${held}, 0)`
  return sql`(${limit} is not null and ${sql.lit(allTenths)} * ${used} >= ${sql.lit(tenths)} * ${limit})`
}
