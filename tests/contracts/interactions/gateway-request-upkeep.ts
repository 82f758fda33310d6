import type { Budget, UsageTotal } from '@parley/request/contract.ts'
import type { Gateway } from '../consumers/gateway.ts'
import { time, timeSeconds } from '../examples.ts'

const budgetId = `bud_${'6'.padStart(32, '0')}`
const absentBudget = `bud_${'f'.repeat(32)}`
const wish = {
  tenant: 'tenant-a',
  keyId: 'key_test',
  name: 'small',
  period: 'total',
  limitMicros: 5_000_000,
  limitTokens: null,
} as const
const budget: Budget = {
  ...wish,
  budgetId,
  current: {
    startsAt: 0,
    endsAt: null,
    ...{ spentMicros: 0, heldMicros: 0, overMicros: 0, spentTokens: 0, heldTokens: 0, overTokens: 0 },
  },
  createdAt: time,
  updatedAt: time,
}
const shownBudget = {
  id: budgetId,
  object: 'parley.budget',
  tenant: 'tenant-a',
  key_id: 'key_test',
  name: 'small',
  period: 'total',
  limit_micros: 5_000_000,
  limit_tokens: null,
  current: {
    starts_at: 0,
    ends_at: null,
    ...{ spent_micros: 0, held_micros: 0, over_micros: 0, spent_tokens: 0, held_tokens: 0, over_tokens: 0 },
  },
  created_at: timeSeconds,
  updated_at: timeSeconds,
}
const total: UsageTotal = {
  ...{ day: null, model: 'simulated', keyId: null, requests: 1 },
  ...{ inputTokens: 6, cachedInputTokens: 0, outputTokens: 4, reasoningTokens: 0 },
  ...{ costMicros: 0, lostCostMicros: 0, unpricedRequests: 1 },
}
const usageAnswer = { data: [total], hasMore: false }
const shownTotal = {
  object: 'parley.usage',
  ...{ day: null, model: 'simulated', key_id: null, requests: 1 },
  ...{ input_tokens: 6, cached_input_tokens: 0, output_tokens: 4, reasoning_tokens: 0 },
  ...{ cost_micros: 0, lost_cost_micros: 0, unpriced_requests: 1 },
}
const oneBudget = { params: { budget_id: absentBudget } }

/** Budgets, sums and the upkeep of requests. */
export const upkeepInteractions = [
  {
    what: 'makes a budget of a key',
    call: 'createBudget',
    input: wish,
    answer: budget,
    use: (gateway: Gateway) =>
      gateway.ask('POST /parley/budgets', { body: { name: 'small', key_id: 'key_test', limit_micros: 5_000_000 } }),
    makes: shownBudget,
  },
  {
    what: 'makes a budget that limits nothing',
    call: 'createBudget',
    input: { ...wish, limitMicros: null },
    error: 'INVALID_REQUEST',
    use: (gateway: Gateway) => gateway.ask('POST /parley/budgets', { body: { name: 'small', key_id: 'key_test' } }),
  },
  {
    what: 'lists the budgets of another tenant',
    call: 'listBudgets',
    input: { tenant: 'tenant-b', limit: 1 },
    error: 'SCOPE_MISSING',
    use: (gateway: Gateway) => gateway.ask('GET /parley/budgets', { query: { tenant: 'tenant-b', limit: 1 } }),
  },
  {
    what: 'gets a budget that is not there',
    call: 'getBudget',
    input: { budgetId: absentBudget },
    error: 'BUDGET_NOT_FOUND',
    use: (gateway: Gateway) => gateway.ask('GET /parley/budgets/{budget_id}', oneBudget),
  },
  {
    what: 'changes a budget that is not there',
    call: 'updateBudget',
    input: { budgetId: absentBudget, limitTokens: 5 },
    error: 'BUDGET_NOT_FOUND',
    use: (gateway: Gateway) =>
      gateway.ask('PATCH /parley/budgets/{budget_id}', { ...oneBudget, body: { limit_tokens: 5 } }),
  },
  {
    what: 'deletes a budget that is not there',
    call: 'deleteBudget',
    input: { budgetId: absentBudget },
    error: 'BUDGET_NOT_FOUND',
    use: (gateway: Gateway) => gateway.ask('DELETE /parley/budgets/{budget_id}', oneBudget),
  },
  {
    what: 'sums up what was used',
    given: 'a settled request',
    call: 'getUsage',
    input: { by: 'model', from: 0, to: 2_000_000_000_000, limit: 1 },
    answer: usageAnswer,
    use: (gateway: Gateway) =>
      gateway.ask('GET /parley/usage', { query: { by: 'model', from: 0, to: 2_000_000_000, limit: 1 } }),
    makes: { object: 'list', data: [shownTotal], has_more: false },
  },
  {
    what: 'lists stuck requests without being an operator',
    call: 'listStuck',
    input: { limit: 5 },
    error: 'SCOPE_MISSING',
    use: (gateway: Gateway) => gateway.ask('GET /parley/stuck-requests', { query: { limit: 5 } }),
  },
  {
    what: 'reconciles without being an operator',
    call: 'reconcile',
    input: { limit: 5, graceMs: 0 },
    error: 'SCOPE_MISSING',
    use: (gateway: Gateway) => gateway.ask('GET /parley/reconciliation', { query: { limit: 5, grace_seconds: 0 } }),
  },
] as const
