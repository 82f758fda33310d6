import { call } from '@parley/chassis/contract/define-contract.ts'
import { type Static, Type } from 'typebox'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

const amountMax = 1_000_000_000_000_000
const Limit = Type.Integer({ minimum: 0, maximum: amountMax })

export const BudgetPeriod = Type.Union([Type.Literal('total'), Type.Literal('day'), Type.Literal('month')])

/** What a tenant, or one of its keys, may use in a period. Costs are in millionths of the currency. */
export const Budget = Type.Object({
  budgetId: Type.String(),
  tenant: Type.String(),
  /** Null: the budget of the whole tenant. */
  keyId: Nullable(Type.String()),
  name: Type.String(),
  period: BudgetPeriod,
  /** Null: no limit of this kind. */
  limitMicros: Nullable(Type.Integer()),
  limitTokens: Nullable(Type.Integer()),
  /** The period that it is now, by the database's clock. `endsAt` is null when it does not end. */
  current: Type.Object({
    startsAt: Type.Integer(),
    endsAt: Nullable(Type.Integer()),
    spentMicros: Type.Integer(),
    heldMicros: Type.Integer(),
    /** What providers used beyond what was held and beyond the limit; it counts against further requests. */
    overMicros: Type.Integer(),
    spentTokens: Type.Integer(),
    heldTokens: Type.Integer(),
    overTokens: Type.Integer(),
  }),
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
})
export type Budget = Static<typeof Budget>

export const CreateBudget = Type.Object({
  tenant: Type.String({ minLength: 1, maxLength: 63 }),
  keyId: Nullable(Type.String({ minLength: 1, maxLength: 128 })),
  name: Type.String({ minLength: 1, maxLength: 100 }),
  period: BudgetPeriod,
  limitMicros: Nullable(Limit),
  limitTokens: Nullable(Limit),
})
export type CreateBudget = Static<typeof CreateBudget>

export const UpdateBudget = Type.Object({
  budgetId: Type.String(),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  limitMicros: Type.Optional(Nullable(Limit)),
  limitTokens: Type.Optional(Nullable(Limit)),
})
export type UpdateBudget = Static<typeof UpdateBudget>

/** Sums over the ledger. What the rows are not told apart by is null. */
export const UsageTotal = Type.Object({
  /** `2026-11-23`, in UTC: the day on which the requests were accepted. */
  day: Nullable(Type.String()),
  model: Nullable(Type.String()),
  keyId: Nullable(Type.String()),
  requests: Type.Integer(),
  inputTokens: Type.Integer(),
  cachedInputTokens: Type.Integer(),
  outputTokens: Type.Integer(),
  reasoningTokens: Type.Integer(),
  costMicros: Type.Integer(),
  lostCostMicros: Type.Integer(),
  /** Requests of models without a price: their cost counts as 0. */
  unpricedRequests: Type.Integer(),
})
export type UsageTotal = Static<typeof UsageTotal>

export const GetUsage = Type.Object({
  /** Any of day, model and key, separated by commas. */
  by: Type.String({ pattern: '^(day|model|key)(,(day|model|key)){0,2}$' }),
  /** Accepted from here, and before there; epoch milliseconds. */
  from: Type.Integer({ minimum: 0 }),
  to: Type.Integer({ minimum: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
})
export type GetUsage = Static<typeof GetUsage>

const BudgetId = Type.Object({ budgetId: Type.String() })

/** The budgets of another tenant, and those of a whole tenant, are an operator's; those of its keys are the tenant's. */
export const budgetCalls = {
  /** Holds from within a second for every process; requests accepted before do not count. */
  createBudget: call({
    http: 'POST /budgets',
    in: CreateBudget,
    out: Budget,
    errors: ['INVALID_REQUEST', 'SCOPE_MISSING'],
    effect: 'write',
  }),
  listBudgets: call({
    http: 'GET /budgets',
    in: Type.Object({
      tenant: Type.String(),
      after: Type.Optional(Type.String()),
      limit: Type.Integer({ minimum: 1, maximum: 100 }),
    }),
    out: Type.Object({ data: Type.Array(Budget), hasMore: Type.Boolean() }),
    errors: ['SCOPE_MISSING', 'BUDGET_NOT_FOUND'],
    effect: 'read',
  }),
  getBudget: call({
    http: 'GET /budgets/:budgetId',
    in: BudgetId,
    out: Budget,
    errors: ['BUDGET_NOT_FOUND'],
    effect: 'read',
  }),
  /** A limit cannot go below what the present period has spent and holds. */
  updateBudget: call({
    http: 'PATCH /budgets/:budgetId',
    in: UpdateBudget,
    out: Budget,
    errors: ['BUDGET_NOT_FOUND', 'INVALID_REQUEST', 'SCOPE_MISSING'],
    effect: 'write',
    idempotent: true,
  }),
  deleteBudget: call({
    http: 'DELETE /budgets/:budgetId',
    in: BudgetId,
    out: Type.Object({}),
    errors: ['BUDGET_NOT_FOUND', 'SCOPE_MISSING'],
    effect: 'write',
  }),
  getUsage: call({
    http: 'GET /usage',
    in: GetUsage,
    out: Type.Object({ data: Type.Array(UsageTotal), hasMore: Type.Boolean() }),
    effect: 'read',
  }),
}
