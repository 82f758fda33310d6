import type { BudgetRow } from '../evidence/evidence.ts'
import { type Checker, indexBy } from './checker.ts'

export const ledgerAgrees: Checker = {
  invariant: 'I3',
  says: 'the ledger is what the winning attempts used, and nothing is held when all is quiet',
  check: ({ stores }) => {
    const responses = indexBy(stores.responses, ({ requestId }) => requestId)
    const rows = stores.ledger.flatMap(({ requestId, status, usage, attempts }) => {
      const response = responses.get(requestId)
      if (response === undefined) return [`the ledger has ${requestId}, of which there is no response`]
      const { model } = response
      const problems: string[] = []
      if (status !== response.status) problems.push(`the ledger has ${model} as ${status}; it is ${response.status}`)
      if (JSON.stringify(usage) !== JSON.stringify(response.usage)) {
        problems.push(`the ledger has ${JSON.stringify(usage)} for ${model}; it used ${JSON.stringify(response.usage)}`)
      }
      if (status === 'completed' && usage === null) problems.push(`${model} completed and cost nothing`)
      if (attempts !== response.attempt) {
        problems.push(`the ledger has ${attempts} attempts of ${model}; the response was at ${response.attempt}`)
      }
      return problems
    })
    const budgets = stores.budgets.flatMap(problemsOfBudget)
    const held = stores.holds.map(({ requestId }) => `budget is still held for ${requestId}`)
    return [...rows, ...held, ...budgets]
  },
}

function problemsOfBudget(budget: BudgetRow): string[] {
  const { budgetId, heldMicros, heldTokens, spentTokens, settledTokens } = budget
  const isHeld = heldMicros !== 0 || heldTokens !== 0
  return [
    ...(isHeld ? [`${heldMicros} micros and ${heldTokens} tokens are still held of the budget ${budgetId}`] : []),
    ...overspent(budgetId, 'micros', { limit: budget.limitMicros, spent: budget.spentMicros, over: budget.overMicros }),
    ...overspent(budgetId, 'tokens', { limit: budget.limitTokens, spent: spentTokens, over: budget.overTokens }),
    ...(spentTokens === settledTokens
      ? []
      : [`the budget ${budgetId} has spent ${spentTokens} tokens, its requests ${settledTokens}`]),
  ]
}

function overspent(
  budgetId: string,
  unit: string,
  { limit, spent, over }: { limit: number | null; spent: number; over: number },
): string[] {
  if (limit === null || spent <= limit + over) return []
  return [`${spent} ${unit} were spent of the budget ${budgetId}, which is ${limit}`]
}
