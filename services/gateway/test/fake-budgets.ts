import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Budget, RequestContract } from '@parley/request/contract.ts'

type BudgetCalls = Pick<
  CallsOf<typeof RequestContract>,
  | 'createBudget'
  | 'listBudgets'
  | 'getBudget'
  | 'updateBudget'
  | 'deleteBudget'
  | 'getUsage'
  | 'listStuck'
  | 'reconcile'
>

const untouched = {
  startsAt: 0,
  endsAt: null,
  ...{ spentMicros: 0, heldMicros: 0, overMicros: 0, spentTokens: 0, heldTokens: 0, overTokens: 0 },
}

/** Budgets in memory, of which nobody ever spends anything. */
export function createBudgetFakes(): BudgetCalls {
  const budgets = new Map<string, Budget>()
  const get = (tenant: string, budgetId: string): Budget => {
    const found = budgets.get(budgetId)
    if (found?.tenant === tenant) return found
    throw new AppError('BUDGET_NOT_FOUND', 'There is no budget with this id.')
  }
  return {
    async createBudget(_context, wish) {
      const budgetId = `bud_${String(budgets.size + 1).padStart(32, '0')}`
      const budget = { ...wish, budgetId, current: untouched, createdAt: 1_000, updatedAt: 1_000 }
      budgets.set(budgetId, budget)
      return budget
    },
    listBudgets: async (_context, { tenant }) => ({
      data: [...budgets.values()].filter((budget) => budget.tenant === tenant),
      hasMore: false,
    }),
    getBudget: async ({ principal }, { budgetId }) => get(principal.tenant, budgetId),
    async updateBudget({ principal }, { budgetId, ...changes }) {
      const budget = { ...get(principal.tenant, budgetId), ...changes }
      budgets.set(budgetId, budget)
      return budget
    },
    async deleteBudget({ principal }, { budgetId }) {
      budgets.delete(get(principal.tenant, budgetId).budgetId)
      return {}
    },
    getUsage: async () => ({ data: [], hasMore: false }),
    listStuck: async () => ({ data: [] }),
    reconcile: async () => ({
      exceptions: [],
      checked: { requests: 0, ledgerRows: 0, budgets: 0, responses: 0, turns: 0 },
      next: null,
    }),
  }
}
