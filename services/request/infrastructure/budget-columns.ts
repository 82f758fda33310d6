/** A budget's own columns, under the names that it has in the domain. */
export const budgetColumns = [
  'budgets.budget_id as budgetId',
  'budgets.tenant as tenant',
  'budgets.key_id as keyId',
  'budgets.name as name',
  'budgets.period as period',
  'budgets.limit_micros as limitMicros',
  'budgets.limit_tokens as limitTokens',
  'budgets.created_at as createdAt',
  'budgets.updated_at as updatedAt',
] as const
