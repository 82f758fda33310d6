import { deliveryContract } from '@parley/chassis/events/delivery-contract.ts'
import { RequestContract } from '@parley/request/contract.ts'
import { envelope } from '../consumers/publish-through-outbox.ts'
import { createResponse } from '../consumers/response.ts'
import { absent, requestId, requestInput, responseId, settled } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

export const responseToRequest = definePair({
  consumer: 'response',
  contract: { ...RequestContract, calls: { ...RequestContract.calls, ...deliveryContract('request').calls } },
  createConsumer: createResponse,
  interactions: [
    {
      what: 'tells of a response that has settled',
      given: 'an accepted request',
      ids: { requestId, responseId },
      call: 'deliver',
      input: {
        events: [{ ...envelope, source: 'response', type: 'response.settled.v1', subject: requestId, data: settled }],
      },
      answer: { results: [{ status: 'done' }] },
      use: ({ publishSettled }) => publishSettled(settled),
      makes: [{ status: 'done' }],
    },
    {
      what: 'asks for the input of a request',
      given: 'an accepted request',
      ids: { requestId },
      call: 'getInput',
      input: { requestId },
      answer: requestInput,
      use: ({ inputs, context }) => inputs.get(context, requestId),
    },
    {
      what: 'asks for the input of a request that is not there',
      call: 'getInput',
      input: { requestId: absent.requestId },
      error: 'REQUEST_NOT_FOUND',
      use: ({ inputs, context }) => inputs.get(context, absent.requestId),
    },
  ],
})
