import { type Budget, BudgetPeriod, CreateBudget } from '@parley/request/contract.ts'
import { Type } from 'typebox'
import type { RequestClient } from '../../application/ports.ts'
import { encodeList, Limit, ListOf, toPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, Maybe, Nullable, toSeconds } from '../schemas.ts'

const BudgetObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.budget'),
  tenant: Type.String(),
  key_id: Nullable(Type.String()),
  name: Type.String(),
  period: BudgetPeriod,
  limit_micros: Nullable(Type.Integer()),
  limit_tokens: Nullable(Type.Integer()),
  current: Type.Object({
    starts_at: Type.Integer(),
    ends_at: Nullable(Type.Integer()),
    spent_micros: Type.Integer(),
    held_micros: Type.Integer(),
    over_micros: Type.Integer(),
    spent_tokens: Type.Integer(),
    held_tokens: Type.Integer(),
    over_tokens: Type.Integer(),
  }),
  created_at: Type.Integer(),
  updated_at: Type.Integer(),
})

const amountMax = 1_000_000_000_000_000
const Amount = Maybe(Type.Integer({ minimum: 0, maximum: amountMax }))
const { name: Name } = CreateBudget.properties
const Tenant = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })

const CreateBudgetBody = Type.Object({
  name: Maybe(Name),
  /** Left out: the whole tenant. */
  key_id: Maybe(Id),
  tenant: Maybe(Tenant),
  period: Maybe(BudgetPeriod),
  limit_micros: Amount,
  limit_tokens: Amount,
})
const UpdateBudgetBody = Type.Object({ name: Maybe(Name), limit_micros: Amount, limit_tokens: Amount })
const BudgetParams = Type.Object({ budget_id: Id })

export function budgetRoutes({ requests }: { requests: RequestClient }): Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/parley/budgets',
    summary: 'Limit what a key, or a whole tenant, may use in a period',
    scope: 'keys',
    body: CreateBudgetBody,
    responses: { 200: { description: 'The budget.', body: BudgetObject } },
    async handle({ context, body }) {
      const budget = await requests.createBudget(context, {
        tenant: body.tenant ?? context.principal.tenant,
        keyId: body.key_id ?? null,
        name: body.name ?? 'budget',
        period: body.period ?? 'total',
        limitMicros: body.limit_micros ?? null,
        limitTokens: body.limit_tokens ?? null,
      })
      return json(encodeBudget(budget))
    },
  })
  const list = defineRoute({
    method: 'GET',
    path: '/parley/budgets',
    summary: 'List the budgets of a tenant with what is spent and held, newest first',
    scope: 'keys',
    query: Type.Object({ tenant: Type.Optional(Tenant), limit: Limit, after: Type.Optional(Id) }),
    responses: { 200: { description: 'A page of budgets.', body: ListOf(BudgetObject) } },
    async handle({ context, query }) {
      const { tenant = context.principal.tenant } = query
      const page = await requests.listBudgets(context, { tenant, ...toPage(query) })
      return json(encodeList(page, { idOf: ({ budgetId }) => budgetId, encode: encodeBudget }))
    },
  })
  return [create, list, ...oneBudgetRoutes({ requests })]
}

function oneBudgetRoutes({ requests }: { requests: RequestClient }): Route[] {
  const get = defineRoute({
    method: 'GET',
    path: '/parley/budgets/{budget_id}',
    summary: 'Get a budget with what is spent and held of it',
    scope: 'keys',
    params: BudgetParams,
    responses: { 200: { description: 'The budget.', body: BudgetObject } },
    async handle({ context, params }) {
      return json(encodeBudget(await requests.getBudget(context, { budgetId: params.budget_id })))
    },
  })
  const update = defineRoute({
    method: 'PATCH',
    path: '/parley/budgets/{budget_id}',
    summary: 'Change the name or the limits of a budget; null takes a limit away',
    scope: 'keys',
    params: BudgetParams,
    body: UpdateBudgetBody,
    responses: { 200: { description: 'The changed budget.', body: BudgetObject } },
    async handle({ context, params, body }) {
      const budget = await requests.updateBudget(context, {
        budgetId: params.budget_id,
        ...(typeof body.name === 'string' && { name: body.name }),
        ...(body.limit_micros !== undefined && { limitMicros: body.limit_micros }),
        ...(body.limit_tokens !== undefined && { limitTokens: body.limit_tokens }),
      })
      return json(encodeBudget(budget))
    },
  })
  const remove = defineRoute({
    method: 'DELETE',
    path: '/parley/budgets/{budget_id}',
    summary: 'Delete a budget; what was used stays in the ledger',
    scope: 'keys',
    params: BudgetParams,
    responses: {
      200: {
        description: 'It is gone.',
        body: Type.Object({
          id: Type.String(),
          object: Type.Literal('parley.budget.deleted'),
          deleted: Type.Literal(true),
        }),
      },
    },
    async handle({ context, params }) {
      await requests.deleteBudget(context, { budgetId: params.budget_id })
      return json({ id: params.budget_id, object: 'parley.budget.deleted', deleted: true })
    },
  })
  return [get, update, remove]
}

function encodeBudget(budget: Budget): object {
  const { budgetId, tenant, keyId, name, period, limitMicros, limitTokens, current, createdAt, updatedAt } = budget
  return {
    id: budgetId,
    object: 'parley.budget',
    tenant,
    key_id: keyId,
    name,
    period,
    limit_micros: limitMicros,
    limit_tokens: limitTokens,
    current: {
      starts_at: toSeconds(current.startsAt),
      ends_at: current.endsAt === null ? null : toSeconds(current.endsAt),
      spent_micros: current.spentMicros,
      held_micros: current.heldMicros,
      over_micros: current.overMicros,
      spent_tokens: current.spentTokens,
      held_tokens: current.heldTokens,
      over_tokens: current.overTokens,
    },
    created_at: toSeconds(createdAt),
    updated_at: toSeconds(updatedAt),
  }
}
