import { type LedgerEntry, type Request, RequestStatus } from '@parley/request/contract.ts'
import { Type } from 'typebox'
import type { RequestClient } from '../../application/ports.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, Limit, ListOf, Nullable, pageLimitDefault, toList, toSeconds } from '../schemas.ts'

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

const LedgerObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.ledger_entry'),
  response_id: Type.String(),
  key_id: Nullable(Type.String()),
  status: RequestStatus,
  model: Type.String(),
  provider: Nullable(Type.String()),
  usage: Nullable(
    Type.Object({
      input_tokens: Type.Integer(),
      cached_input_tokens: Type.Integer(),
      output_tokens: Type.Integer(),
      reasoning_tokens: Type.Integer(),
      provenance: Type.String(),
    }),
  ),
  attempts: Type.Integer(),
  settled_at: Type.Integer(),
})

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
      const { limit = pageLimitDefault, after } = query
      const page = await requests.listRequests(context, { limit, ...(after !== undefined && { after }) })
      return json({
        ...toList(page.data, page.hasMore, (entry) => entry.requestId),
        data: page.data.map(encodeRequest),
      })
    },
  })
  const get = defineRoute({
    method: 'GET',
    path: '/parley/requests/{request_id}',
    summary: 'Get an accepted request',
    scope: 'inference',
    params: Type.Object({ request_id: Id }),
    responses: { 200: { description: 'The request.', body: RequestObject } },
    async handle({ context, params }) {
      return json(encodeRequest(await requests.getRequest(context, { requestId: params.request_id })))
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
      const { limit = pageLimitDefault, after } = query
      const page = await requests.listLedger(context, { limit, ...(after !== undefined && { after }) })
      return json({ ...toList(page.data, page.hasMore, (entry) => entry.requestId), data: page.data.map(encodeEntry) })
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

function encodeEntry({
  requestId,
  responseId,
  keyId,
  status,
  model,
  provider,
  usage,
  attempts,
  settledAt,
}: LedgerEntry): object {
  return {
    id: requestId,
    object: 'parley.ledger_entry',
    response_id: responseId,
    key_id: keyId,
    status,
    model,
    provider,
    usage: usage && {
      input_tokens: usage.inputTokens,
      cached_input_tokens: usage.cachedInputTokens,
      output_tokens: usage.outputTokens,
      reasoning_tokens: usage.reasoningTokens,
      provenance: usage.provenance,
    },
    attempts,
    settled_at: toSeconds(settledAt),
  }
}
