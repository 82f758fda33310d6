import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext, Principal } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Budget, CreateBudget, UpdateBudget } from '../contract.ts'
import type { BudgetBook, BudgetStore } from './budget-ports.ts'

export type ManageBudgets = ReturnType<typeof createManageBudgets>

/**
 * Makes and changes budgets. A tenant manages those of its keys and sees its own; only an operator can change what a whole
 * tenant may use, or look at another tenant.
 */
export function createManageBudgets(ports: {
  budgets: BudgetStore
  book: BudgetBook
  transactor: Transactor
  clock: Clock
  newId: NewId
}) {
  const { budgets, book, transactor, clock, newId } = ports

  return {
    /** Throws INVALID_REQUEST, SCOPE_MISSING. */
    async createBudget({ principal }: CallContext, wish: CreateBudget): Promise<Budget> {
      assertMayChange(principal, wish)
      assertLimited(wish)
      const now = clock.now()
      const budgetId = newId('bud')
      await transactor.transaction(async (tx) => {
        await budgets.insert(tx, { ...wish, budgetId, createdAt: now, updatedAt: now })
        tx.afterCommit(() => book.forget(wish.tenant))
      })
      return (await budgets.find(null, budgetId)) ?? notFound()
    },

    /** Throws SCOPE_MISSING, and BUDGET_NOT_FOUND for a cursor that is no budget of the tenant. */
    async listBudgets(
      { principal }: CallContext,
      { tenant, after, limit }: { tenant: string; after?: string; limit: number },
    ): Promise<{ data: Budget[]; hasMore: boolean }> {
      if (!maySee(principal, tenant)) throw needsOperator()
      if (after !== undefined && (await budgets.find(null, after))?.tenant !== tenant) notFound()
      const found = await budgets.list(tenant, { after, limit })
      return { data: found.slice(0, limit), hasMore: found.length > limit }
    },

    /** Throws BUDGET_NOT_FOUND, for another tenant's budget as for one that does not exist. */
    async getBudget({ principal }: CallContext, { budgetId }: { budgetId: string }): Promise<Budget> {
      return seen(principal, await budgets.find(null, budgetId))
    },

    /** Throws BUDGET_NOT_FOUND, SCOPE_MISSING, INVALID_REQUEST. */
    async updateBudget({ principal }: CallContext, { budgetId, ...changes }: UpdateBudget): Promise<Budget> {
      return transactor.transaction(async (tx) => {
        const before = seen(principal, await budgets.find(tx, budgetId))
        assertMayChange(principal, before)
        const { current: _, ...row } = { ...before, ...changes, updatedAt: clock.now() }
        assertLimited(row)
        if (!(await budgets.update(tx, row))) throw limitTooLow(before)
        tx.afterCommit(() => book.forget(row.tenant))
        return (await budgets.find(tx, budgetId)) ?? notFound()
      })
    },

    /** Throws BUDGET_NOT_FOUND, SCOPE_MISSING. */
    async deleteBudget({ principal }: CallContext, { budgetId }: { budgetId: string }): Promise<Record<string, never>> {
      await transactor.transaction(async (tx) => {
        const budget = seen(principal, await budgets.find(tx, budgetId))
        assertMayChange(principal, budget)
        await budgets.delete(tx, budgetId)
        tx.afterCommit(() => book.forget(budget.tenant))
      })
      return {}
    },
  }
}

function maySee(principal: Principal, tenant: string): boolean {
  return principal.tenant === tenant || principal.scopes.includes('operator')
}

function seen(principal: Principal, budget: Budget | undefined): Budget {
  return budget !== undefined && maySee(principal, budget.tenant) ? budget : notFound()
}

function assertMayChange(principal: Principal, { tenant, keyId }: { tenant: string; keyId: string | null }): void {
  const isOwn = principal.tenant === tenant && keyId !== null
  if (!isOwn && !principal.scopes.includes('operator')) throw needsOperator()
}

function assertLimited({ limitMicros, limitTokens }: Pick<Budget, 'limitMicros' | 'limitTokens'>): void {
  if (limitMicros !== null || limitTokens !== null) return
  throw new AppError('INVALID_REQUEST', 'A budget limits something: give limit_micros, limit_tokens or both.', {
    param: 'limit_micros',
  })
}

function limitTooLow({ current }: Budget): AppError {
  const { spentMicros, heldMicros, spentTokens, heldTokens } = current
  return new AppError(
    'INVALID_REQUEST',
    `The present period has spent and holds ${spentMicros + heldMicros} micros and ${spentTokens + heldTokens} tokens: ` +
      'a limit cannot be lower. One of that height admits nothing more.',
    { param: 'limit_micros' },
  )
}

function needsOperator(): AppError {
  return new AppError(
    'SCOPE_MISSING',
    "Budgets of a whole tenant, and those of another one, need a key with the scope 'operator'.",
  )
}

function notFound(): never {
  throw new AppError('BUDGET_NOT_FOUND', 'There is no budget with this id.', { param: 'budget_id' })
}
