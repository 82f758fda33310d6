import { type LedgerEntry, type Request, RequestStatus, type Saga } from '@parley/request/contract.ts'
import { Type } from 'typebox'
import type { RequestClient } from '../../application/ports.ts'
import { encodeList, Limit, ListOf, toPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, Nullable, toSeconds } from '../schemas.ts'

const RequestObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.request'),
  response_id: Type.String(),
  status: RequestStatus,
  model: Type.String(),
  conversation_id: Nullable(Type.String()),
  key_id: Nullable(Type.String()),
  accepted_at: Type.Integer(),
  settled_at: Nullable(Type.Integer()),
})

const RequestWithSaga = Type.Object({
  ...RequestObject.properties,
  saga: Nullable(
    Type.Object({
      state: Type.String(),
      history: Type.Array(Type.Object({ event: Type.String(), at: Type.Integer() })),
    }),
  ),
})

const UsageObject = Nullable(
  Type.Object({
    input_tokens: Type.Integer(),
    cached_input_tokens: Type.Integer(),
    output_tokens: Type.Integer(),
    reasoning_tokens: Type.Integer(),
    provenance: Type.String(),
  }),
)

const LedgerObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.ledger_entry'),
  response_id: Type.String(),
  key_id: Nullable(Type.String()),
  status: RequestStatus,
  model: Type.String(),
  provider: Nullable(Type.String()),
  usage: UsageObject,
  /** In millionths of the currency. */
  cost_micros: Type.Integer(),
  /** `unpriced`: nobody knew what the model costs, and the cost is 0. */
  cost_provenance: Type.Union([Type.Literal('priced'), Type.Literal('unpriced')]),
  price_version: Nullable(Type.String()),
  lost_usage: UsageObject,
  lost_cost_micros: Type.Integer(),
  attempts: Type.Integer(),
  settled_at: Type.Integer(),
})

const Tenant = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
const Page = Type.Object({ limit: Limit, after: Type.Optional(Id) })

export function requestRoutes({ requests }: { requests: RequestClient }): Route[] {
  const list = defineRoute({
    method: 'GET',
    path: '/parley/requests',
    summary: 'List the accepted requests, newest first',
    scope: 'inference',
    query: Page,
    responses: { 200: { description: 'A page of requests.', body: ListOf(RequestObject) } },
    async handle({ context, query }) {
      const page = await requests.listRequests(context, toPage(query))
      return json(encodeList(page, { idOf: ({ requestId }) => requestId, encode: encodeRequest }))
    },
  })
  const get = defineRoute({
    method: 'GET',
    path: '/parley/requests/{request_id}',
    summary: 'Get an accepted request with the steps it has gone through',
    scope: 'inference',
    params: Type.Object({ request_id: Id }),
    query: Type.Object({ tenant: Type.Optional(Tenant) }),
    responses: { 200: { description: 'The request, and how it came to where it is.', body: RequestWithSaga } },
    async handle({ context, params, query: { tenant } }) {
      const wanted = { requestId: params.request_id, ...(tenant !== undefined && { tenant }) }
      const request = await requests.getRequest(context, wanted)
      return json({ ...encodeRequest(request), saga: encodeSaga(request.saga) })
    },
  })
  const ledger = defineRoute({
    method: 'GET',
    path: '/parley/ledger',
    summary: 'List what settled requests have used, newest first',
    scope: 'inference',
    query: Page,
    responses: { 200: { description: 'A page of ledger entries.', body: ListOf(LedgerObject) } },
    async handle({ context, query }) {
      const page = await requests.listLedger(context, toPage(query))
      return json(encodeList(page, { idOf: ({ requestId }) => requestId, encode: encodeEntry }))
    },
  })
  return [list, get, ledger]
}

function encodeRequest(request: Request): object {
  const { requestId, responseId, status, model, sessionId, keyId, acceptedAt, settledAt } = request
  return {
    id: requestId,
    object: 'parley.request',
    response_id: responseId,
    status,
    model,
    conversation_id: sessionId,
    key_id: keyId,
    accepted_at: toSeconds(acceptedAt),
    settled_at: settledAt === null ? null : toSeconds(settledAt),
  }
}

function encodeSaga(saga: Saga | undefined): object | null {
  if (saga === undefined) return null
  return { state: saga.state, history: saga.history.map(({ event, at }) => ({ event, at: toSeconds(at) })) }
}

function encodeEntry(entry: LedgerEntry): object {
  const { requestId, responseId, keyId, status, model, provider, usage, attempts, settledAt } = entry
  const { costMicros = 0, priceVersion = null, lostUsage = null, lostCostMicros = 0 } = entry
  return {
    id: requestId,
    object: 'parley.ledger_entry',
    response_id: responseId,
    key_id: keyId,
    status,
    model,
    provider,
    usage: encodeUsage(usage),
    cost_micros: costMicros,
    cost_provenance: priceVersion === null ? 'unpriced' : 'priced',
    price_version: priceVersion,
    lost_usage: encodeUsage(lostUsage),
    lost_cost_micros: lostCostMicros,
    attempts,
    settled_at: toSeconds(settledAt),
  }
}

function encodeUsage(usage: LedgerEntry['usage']): object | null {
  return (
    usage && {
      input_tokens: usage.inputTokens,
      cached_input_tokens: usage.cachedInputTokens,
      output_tokens: usage.outputTokens,
      reasoning_tokens: usage.reasoningTokens,
      provenance: usage.provenance,
    }
  )
}
