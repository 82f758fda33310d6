import { RequestContract, type Saga } from '@parley/request/contract.ts'
import { createGateway } from '../consumers/gateway.ts'
import { absent, requestId, requestInput, responseId, time, timeSeconds, usage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'
import { upkeepInteractions } from './gateway-request-upkeep.ts'

const accepted = { requestId, responseId, acceptedAt: time, replayed: false }
const request = {
  requestId,
  responseId,
  status: 'accepted',
  model: 'simulated',
  sessionId: null,
  keyId: 'key_test',
  acceptedAt: time,
  settledAt: null,
} as const
const entry = {
  requestId,
  responseId,
  keyId: 'key_test',
  status: 'completed',
  model: 'simulated',
  provider: 'simulated',
  usage,
  attempts: 1,
  settledAt: time,
  ...{ costMicros: 0, priceVersion: null, lostUsage: null, lostCostMicros: 0 },
} as const

const saga: Saga = { state: 'accepted', history: [] }
const shownSaga = { state: 'accepted', history: [] }
const shownRequest = {
  id: requestId,
  object: 'parley.request',
  response_id: responseId,
  status: 'accepted',
  model: 'simulated',
  conversation_id: null,
  key_id: 'key_test',
  accepted_at: timeSeconds,
  settled_at: null,
}
const shownEntry = {
  id: requestId,
  object: 'parley.ledger_entry',
  response_id: responseId,
  key_id: 'key_test',
  status: 'completed',
  model: 'simulated',
  provider: 'simulated',
  usage: { input_tokens: 6, cached_input_tokens: 0, output_tokens: 4, reasoning_tokens: 0, provenance: 'provider' },
  ...{ cost_micros: 0, cost_provenance: 'unpriced', price_version: null, lost_usage: null, lost_cost_micros: 0 },
  attempts: 1,
  settled_at: timeSeconds,
}
const pageOf = (shown: object) => ({
  object: 'list',
  data: [shown],
  first_id: requestId,
  last_id: requestId,
  has_more: true,
})

export const gatewayToRequest = definePair({
  consumer: 'gateway',
  contract: RequestContract,
  createConsumer: createGateway,
  interactions: [
    {
      what: 'submits a request',
      call: 'submit',
      input: { ...requestInput, idempotencyKey: null, submissionId: requestId },
      answer: accepted,
      use: (gateway) => gateway.submit(requestInput, null),
    },
    {
      what: 'submits a request a second time',
      given: 'a request under an idempotency key',
      call: 'submit',
      input: { ...requestInput, idempotencyKey: 'chat:key-1', submissionId: requestId },
      answer: { ...accepted, replayed: true },
      use: (gateway) => gateway.submit(requestInput, 'chat:key-1'),
    },
    {
      what: 'submits another request under the same idempotency key',
      given: 'a request under an idempotency key',
      call: 'submit',
      input: { ...requestInput, model: 'other', idempotencyKey: 'chat:key-1', submissionId: requestId },
      error: 'IDEMPOTENCY_KEY_REUSED',
      use: (gateway) => gateway.submit({ ...requestInput, model: 'other' }, 'chat:key-1'),
    },
    {
      what: 'submits a request without input',
      call: 'submit',
      input: { ...requestInput, items: [], idempotencyKey: null, submissionId: requestId },
      error: 'INVALID_REQUEST',
      use: (gateway) => gateway.submit({ ...requestInput, items: [] }, null),
    },
    {
      what: 'gets a request',
      given: 'an accepted request',
      ids: { requestId },
      call: 'getRequest',
      input: { requestId },
      answer: { ...request, saga },
      use: (gateway) => gateway.ask('GET /parley/requests/{request_id}', { params: { request_id: requestId } }),
      makes: { ...shownRequest, saga: shownSaga },
    },
    {
      what: 'gets a request that is not there',
      call: 'getRequest',
      input: { requestId: absent.requestId },
      error: 'REQUEST_NOT_FOUND',
      use: (gateway) => gateway.ask('GET /parley/requests/{request_id}', { params: { request_id: absent.requestId } }),
    },
    {
      what: 'lists requests',
      given: 'an accepted request',
      call: 'listRequests',
      input: { limit: 1 },
      answer: { data: [request], hasMore: true },
      use: (gateway) => gateway.ask('GET /parley/requests', { query: { limit: 1 } }),
      makes: pageOf(shownRequest),
    },
    {
      what: 'lists the ledger',
      given: 'a settled request',
      call: 'listLedger',
      input: { limit: 1 },
      answer: { data: [entry], hasMore: true },
      use: (gateway) => gateway.ask('GET /parley/ledger', { query: { limit: 1 } }),
      makes: pageOf(shownEntry),
    },
    {
      what: 'lists the ledger after a request that is not there',
      call: 'listLedger',
      input: { limit: 1, after: absent.requestId },
      error: 'REQUEST_NOT_FOUND',
      use: (gateway) => gateway.ask('GET /parley/ledger', { query: { limit: 1, after: absent.requestId } }),
    },
    {
      what: 'asks what a prompt template has become part of',
      given: 'an accepted request',
      ids: { requestId },
      call: 'getInput',
      input: { requestId },
      answer: requestInput,
      use: async (gateway) => {
        const prompt = { id: 'greeting', variables: { name: 'Ada' } }
        const shown = await gateway.ask('POST /v1/responses', { body: { model: 'simulated', prompt } })
        return pick(shown, ['id', 'metadata', 'temperature'])
      },
      makes: { id: responseId, metadata: requestInput.metadata, temperature: 0.5 },
    },
    ...upkeepInteractions,
  ],
})

function pick(value: unknown, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => names.includes(name)))
}
