import { deliveryContract } from '@parley/chassis/events/delivery-contract.ts'
import { type AuditedResponse, ResponseContract } from '@parley/response/contract.ts'
import { envelope } from '../consumers/publish-through-outbox.ts'
import { createRequest } from '../consumers/request.ts'
import { absent, requestId, response, responseId, submitted, time, usage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const ids = { responseId }
const audited: AuditedResponse = {
  ...{ tenant: 'tenant-a', responseId, requestId, sessionId: null, status: 'completed', model: 'simulated' },
  ...{ attempt: 1, attemptRows: 1, provider: 'simulated', usage, lostUsage: null },
  ...{ turn: 'none', isTurnOwed: false, createdAt: time, completedAt: time },
}

export const requestToResponse = definePair({
  consumer: 'request',
  contract: {
    ...ResponseContract,
    calls: { ...ResponseContract.calls, ...deliveryContract('response').calls },
  },
  createConsumer: createRequest,
  interactions: [
    {
      what: 'tells of an accepted request',
      call: 'deliver',
      input: {
        events: [{ ...envelope, source: 'request', type: 'request.submitted.v1', subject: requestId, data: submitted }],
      },
      answer: { results: [{ status: 'done' }] },
      use: ({ publishSubmitted }) => publishSubmitted(submitted),
      makes: [{ status: 'done' }],
    },
    {
      what: 'asks whether a response that has ended can be continued',
      given: 'a response that has ended',
      ids,
      call: 'getResponse',
      input: { responseId },
      answer: response,
      use: ({ storedResponses, context }) => storedResponses.checkContinuable(context, responseId),
      makes: undefined,
    },
    {
      what: 'asks whether a response that is running can be continued',
      given: 'a response that is running',
      ids,
      call: 'getResponse',
      input: { responseId },
      answer: { ...response, status: 'in_progress', output: [], usage: null, completedAt: null },
      use: ({ storedResponses, context }) => storedResponses.checkContinuable(context, responseId),
      fails: 'INVALID_REQUEST',
    },
    {
      what: 'asks whether a response that is not there can be continued',
      call: 'getResponse',
      input: { responseId: absent.responseId },
      error: 'RESPONSE_NOT_FOUND',
      use: ({ storedResponses, context }) => storedResponses.checkContinuable(context, absent.responseId),
      fails: 'PREVIOUS_RESPONSE_NOT_FOUND',
    },
    {
      what: 'asks what became of a response',
      given: 'a response that has ended',
      ids,
      call: 'auditResponses',
      input: { responseIds: [responseId], limit: 1 },
      answer: { data: [audited], hasMore: false },
      use: ({ outcomes, context }) => outcomes.findResponses(context, [responseId]),
      makes: [audited],
    },
    {
      what: 'looks through all responses without being an operator',
      call: 'auditResponses',
      input: { limit: 10 },
      error: 'SCOPE_MISSING',
      use: ({ outcomes, context }) => outcomes.listResponses(context, { limit: 10 }),
    },
  ],
})
