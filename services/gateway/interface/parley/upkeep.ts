import { ExceptionKind, type StuckRequest, type UsageTotal } from '@parley/request/contract.ts'
import { Type } from 'typebox'
import type { RequestClient } from '../../application/ports.ts'
import { Limit, pageLimitDefault } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Nullable, toSeconds } from '../schemas.ts'

const latestSeconds = 253_402_300_799
const Instant = Type.Optional(Type.Integer({ minimum: 0, maximum: latestSeconds }))
const graceSecondsDefault = 60
const usageRowsDefault = 100

const UsageObject = Type.Object({
  object: Type.Literal('parley.usage'),
  day: Nullable(Type.String()),
  model: Nullable(Type.String()),
  key_id: Nullable(Type.String()),
  requests: Type.Integer(),
  input_tokens: Type.Integer(),
  cached_input_tokens: Type.Integer(),
  output_tokens: Type.Integer(),
  reasoning_tokens: Type.Integer(),
  cost_micros: Type.Integer(),
  lost_cost_micros: Type.Integer(),
  unpriced_requests: Type.Integer(),
})
const UsageList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(UsageObject),
  has_more: Type.Boolean(),
})

const StuckObject = Type.Object({
  object: Type.Literal('parley.stuck_request'),
  id: Type.String(),
  tenant: Type.String(),
  response_id: Type.String(),
  model: Type.String(),
  state: Type.String(),
  accepted_at: Type.Integer(),
  progress_at: Type.Integer(),
  drives: Type.Integer(),
})

const ReconciliationObject = Type.Object({
  object: Type.Literal('parley.reconciliation'),
  exceptions: Type.Array(
    Type.Object({ kind: ExceptionKind, tenant: Type.String(), id: Type.String(), detail: Type.String() }),
  ),
  checked: Type.Object({
    requests: Type.Integer(),
    ledger_rows: Type.Integer(),
    budgets: Type.Integer(),
    responses: Type.Integer(),
    turns: Type.Integer(),
  }),
  next: Nullable(Type.String()),
})

export function upkeepRoutes({ requests }: { requests: RequestClient }): Route[] {
  const usage = defineRoute({
    method: 'GET',
    path: '/parley/usage',
    summary: 'Sum up what settled requests have used and cost, by day, model and key',
    scope: 'inference',
    query: Type.Object({
      by: Type.Optional(Type.String({ pattern: '^(day|model|key)(,(day|model|key)){0,2}$' })),
      from: Instant,
      to: Instant,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    }),
    responses: { 200: { description: 'One row per day, model or key; the newest day first.', body: UsageList } },
    async handle({ context, query }) {
      const { by = 'day', from = 0, to = latestSeconds, limit = usageRowsDefault } = query
      const page = await requests.getUsage(context, { by, from: from * 1_000, to: to * 1_000, limit })
      return json({ object: 'list', data: page.data.map(encodeUsage), has_more: page.hasMore })
    },
  })
  const stuck = defineRoute({
    method: 'GET',
    path: '/parley/stuck-requests',
    summary: 'List accepted requests of every tenant that should have come further',
    scope: 'operator',
    query: Type.Object({ limit: Limit }),
    responses: {
      200: {
        description: 'The longest stuck first.',
        body: Type.Object({ object: Type.Literal('list'), data: Type.Array(StuckObject) }),
      },
    },
    async handle({ context, query }) {
      const { data } = await requests.listStuck(context, { limit: query.limit ?? pageLimitDefault })
      return json({ object: 'list', data: data.map(encodeStuck) })
    },
  })
  return [usage, stuck, reconcileRoute({ requests })]
}

function reconcileRoute({ requests }: { requests: RequestClient }): Route {
  return defineRoute({
    method: 'GET',
    path: '/parley/reconciliation',
    summary: 'Compare one page of the records of all tenants and name what disagrees',
    scope: 'operator',
    query: Type.Object({
      cursor: Type.Optional(Type.String({ maxLength: 400 })),
      limit: Limit,
      grace_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
    }),
    responses: { 200: { description: 'What was found; go on from `next`.', body: ReconciliationObject } },
    async handle({ context, query }) {
      const { cursor, limit = pageLimitDefault, grace_seconds: graceSeconds = graceSecondsDefault } = query
      const page = { limit, graceMs: graceSeconds * 1_000, ...(cursor !== undefined && { cursor }) }
      const { exceptions, checked, next } = await requests.reconcile(context, page)
      const { ledgerRows, ...others } = checked
      return json({
        object: 'parley.reconciliation',
        exceptions,
        checked: { ...others, ledger_rows: ledgerRows },
        next,
      })
    },
  })
}

function encodeUsage(total: UsageTotal): object {
  return {
    object: 'parley.usage',
    day: total.day,
    model: total.model,
    key_id: total.keyId,
    requests: total.requests,
    input_tokens: total.inputTokens,
    cached_input_tokens: total.cachedInputTokens,
    output_tokens: total.outputTokens,
    reasoning_tokens: total.reasoningTokens,
    cost_micros: total.costMicros,
    lost_cost_micros: total.lostCostMicros,
    unpriced_requests: total.unpricedRequests,
  }
}

function encodeStuck(stuck: StuckRequest): object {
  return {
    object: 'parley.stuck_request',
    id: stuck.requestId,
    tenant: stuck.tenant,
    response_id: stuck.responseId,
    model: stuck.model,
    state: stuck.state,
    accepted_at: toSeconds(stuck.acceptedAt),
    progress_at: toSeconds(stuck.progressAt),
    drives: stuck.drives,
  }
}
