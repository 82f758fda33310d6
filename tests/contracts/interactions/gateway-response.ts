import type { MessageItem } from '@parley/kernel/items.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { createGateway } from '../consumers/gateway.ts'
import { absent, assistantMessage, frames, response, responseId, userMessage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const ids = { responseId }
const cutMessage: MessageItem = { ...assistantMessage, status: 'incomplete' }
const params = { response_id: responseId }

export const gatewayToResponse = definePair({
  consumer: 'gateway',
  contract: ResponseContract,
  createConsumer: createGateway,
  interactions: [
    {
      what: 'follows a response to its end',
      given: 'a response that has ended',
      ids,
      call: 'follow',
      input: { responseId, after: -1, waitMs: 0 },
      frames,
      use: (gateway) => gateway.follow(responseId),
    },
    {
      what: 'follows a response that is not there',
      call: 'follow',
      input: { responseId: absent.responseId, after: -1, waitMs: 0 },
      error: 'RESPONSE_NOT_FOUND',
      use: (gateway) => gateway.follow(absent.responseId),
    },
    {
      what: 'gets a response',
      given: 'a response that has ended',
      ids,
      call: 'getResponse',
      input: { responseId },
      answer: response,
      use: (gateway) => gateway.ask('GET /v1/responses/{response_id}', { params }).then(view),
      makes: { id: responseId, status: 'completed', output: [shown(assistantMessage)] },
    },
    {
      what: 'gets a response that is not there',
      call: 'getResponse',
      input: { responseId: absent.responseId },
      error: 'RESPONSE_NOT_FOUND',
      use: (gateway) => gateway.ask('GET /v1/responses/{response_id}', { params: { response_id: absent.responseId } }),
    },
    {
      what: 'cancels a response',
      given: 'a response that is running',
      ids,
      call: 'cancel',
      input: { responseId },
      answer: { ...response, status: 'cancelled', output: [cutMessage] },
      use: (gateway) => gateway.ask('POST /v1/responses/{response_id}/cancel', { params }).then(view),
      makes: { id: responseId, status: 'cancelled', output: [shown(cutMessage)] },
    },
    {
      what: 'deletes a response',
      given: 'a response that has ended',
      ids,
      call: 'deleteResponse',
      input: { responseId },
      answer: {},
      use: (gateway) => gateway.ask('DELETE /v1/responses/{response_id}', { params }),
      makes: { id: responseId, object: 'response', deleted: true },
    },
    {
      what: 'lists the input of a response',
      given: 'a response that has ended',
      ids,
      call: 'listInputItems',
      input: { responseId, limit: 20, order: 'asc' },
      answer: { data: [userMessage], hasMore: false },
      use: (gateway) => gateway.ask('GET /v1/responses/{response_id}/input_items', { params, query: { order: 'asc' } }),
      makes: {
        object: 'list',
        data: [userMessage],
        first_id: userMessage.id,
        last_id: userMessage.id,
        has_more: false,
      },
    },
    {
      what: 'lists the chat completions when none was kept',
      given: 'a response that has ended',
      ids,
      call: 'listCompletions',
      input: { limit: 20, order: 'asc' },
      answer: { data: [], hasMore: false },
      use: (gateway) => gateway.ask('GET /v1/chat/completions'),
      makes: { object: 'list', data: [], first_id: '', last_id: '', has_more: false },
    },
    {
      what: 'lists the chat completions after one that is not there',
      call: 'listCompletions',
      input: { limit: 20, order: 'asc', after: absent.responseId },
      error: 'RESPONSE_NOT_FOUND',
      use: (gateway) =>
        gateway.ask('GET /v1/chat/completions', { query: { after: absent.responseId.replace('resp_', 'chatcmpl-') } }),
    },
    {
      what: 'changes the metadata of a response',
      given: 'a response that has ended',
      ids,
      call: 'updateMetadata',
      input: { responseId, metadata: { topic: 'farewells' } },
      answer: { ...response, metadata: { topic: 'farewells' } },
      use: async (gateway) => (await gateway.updateMetadata(responseId, { topic: 'farewells' })).metadata,
      makes: { topic: 'farewells' },
    },
    {
      what: 'lists the attempts of a response',
      given: 'a response that has ended',
      ids,
      call: 'listAttempts',
      input: { responseId },
      answer: { data: [{ attempt: 1, state: 'ended', lostUsage: null, lostAt: null }] },
      use: (gateway) => gateway.ask('GET /parley/responses/{response_id}/attempts', { params }),
      makes: {
        object: 'list',
        data: [{ object: 'parley.attempt', attempt: 1, state: 'ended', lost_usage: null, lost_at: null }],
      },
    },
    {
      what: 'lists the attempts of a response that is not there',
      call: 'listAttempts',
      input: { responseId: absent.responseId },
      error: 'RESPONSE_NOT_FOUND',
      use: (gateway) =>
        gateway.ask('GET /parley/responses/{response_id}/attempts', { params: { response_id: absent.responseId } }),
    },
    {
      what: 'finds items of stored responses',
      given: 'a response that has ended',
      call: 'findOutputItems',
      input: { itemIds: [assistantMessage.id] },
      answer: { items: [assistantMessage] },
      use: (gateway) => gateway.ask('POST /v1/responses', { body: naming(assistantMessage.id) }).then(() => 'asked'),
      makes: 'asked',
    },
    {
      what: 'finds no item of that id',
      call: 'findOutputItems',
      input: { itemIds: ['msg_absent'] },
      error: 'ITEM_NOT_FOUND',
      fails: 'INVALID_REQUEST',
      use: (gateway) => gateway.ask('POST /v1/responses', { body: naming('msg_absent') }),
    },
    {
      what: 'lists the input of a response after an item that is not there',
      given: 'a response that has ended',
      ids,
      call: 'listInputItems',
      input: { responseId, limit: 20, order: 'desc', after: 'msg_absent' },
      error: 'ITEM_NOT_FOUND',
      use: (gateway) =>
        gateway.ask('GET /v1/responses/{response_id}/input_items', { params, query: { after: 'msg_absent' } }),
    },
  ],
})

/** A wish for a response that names an item by its id. */
function naming(id: string): object {
  return { input: [{ type: 'item_reference', id }] }
}

/** Of a response as clients see it, what this pact is about. */
function view(answer: unknown): object {
  const { id, status, output } = answer as { id: string; status: string; output: unknown }
  return { id, status, output }
}

/** A message as clients see it. */
function shown(message: MessageItem): object {
  return { ...message, content: message.content.map((part) => ({ ...part, logprobs: [] })) }
}
