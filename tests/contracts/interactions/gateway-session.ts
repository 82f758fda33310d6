import { SessionContract } from '@parley/session/contract.ts'
import { createGateway } from '../consumers/gateway.ts'
import { absent, conversation, itemId, session, time, timeSeconds, userMessage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'
import { promptInteractions } from './gateway-session-prompts.ts'

const ids = { sessionId: conversation }
const itemIds = { ...ids, itemId }
const sessionId = conversation
const newMessage = { ...userMessage, id: 'msg_new' }
const wishes = { metadata: session.metadata, preferences: session.preferences }
const user = { userId: 'user-1', profile: { name: 'Ada' }, preferences: {}, createdAt: time, updatedAt: time }

const shownConversation = {
  id: conversation,
  object: 'conversation',
  created_at: timeSeconds,
  metadata: session.metadata,
}
const shownSession = {
  id: conversation,
  object: 'parley.session',
  user_id: null,
  status: 'open',
  metadata: session.metadata,
  preferences: session.preferences,
  item_count: 1,
  created_at: timeSeconds,
  last_active_at: timeSeconds,
}
const shownUser = {
  id: 'user-1',
  object: 'parley.user',
  profile: user.profile,
  preferences: {},
  created_at: timeSeconds,
  updated_at: timeSeconds,
}
const pageOf = <T extends { id: string }>(shown: T) => ({
  object: 'list',
  data: [shown],
  first_id: shown.id,
  last_id: shown.id,
  has_more: false,
})

const oneSession = { params: { session_id: conversation } }
const oneConversation = { params: { conversation_id: conversation } }
const oneItem = { params: { conversation_id: conversation, item_id: itemId } }
const oneUser = { params: { user_id: 'user-1' } }

export const gatewayToSession = definePair({
  consumer: 'gateway',
  contract: SessionContract,
  createConsumer: createGateway,
  interactions: [
    {
      what: 'opens a session with items',
      call: 'createSession',
      input: { metadata: session.metadata, items: [newMessage] },
      answer: { ...session, preferences: {} },
      use: (gateway) =>
        gateway.ask('POST /v1/conversations', {
          body: { metadata: session.metadata, items: [{ type: 'message', role: 'user', content: 'Hello' }] },
        }),
      makes: shownConversation,
    },
    {
      what: 'opens a session for a user',
      given: 'a user',
      call: 'createSession',
      input: { ...wishes, userId: 'user-1', items: [] },
      answer: { ...session, userId: 'user-1', itemCount: 0 },
      use: (gateway) => gateway.ask('POST /parley/sessions', { body: { ...wishes, user_id: 'user-1' } }),
      makes: { ...shownSession, user_id: 'user-1', item_count: 0 },
    },
    {
      what: 'opens a session for a user who is not there',
      call: 'createSession',
      input: { metadata: {}, preferences: {}, userId: 'nobody', items: [] },
      error: 'USER_NOT_FOUND',
      use: (gateway) => gateway.ask('POST /parley/sessions', { body: { user_id: 'nobody' } }),
    },
    {
      what: 'gets a session',
      given: 'an open session',
      ids,
      call: 'getSession',
      input: { sessionId },
      answer: session,
      use: (gateway) => gateway.ask('GET /parley/sessions/{session_id}', oneSession),
      makes: shownSession,
    },
    {
      what: 'gets a session that is not there',
      call: 'getSession',
      input: { sessionId: absent.conversation },
      error: 'SESSION_NOT_FOUND',
      use: (gateway) =>
        gateway.ask('GET /v1/conversations/{conversation_id}', { params: { conversation_id: absent.conversation } }),
    },
    {
      what: 'lists the open sessions of a user',
      given: 'a session of a user',
      call: 'listSessions',
      input: { limit: 1, order: 'desc', userId: 'user-1', status: 'open' },
      answer: { data: [{ ...session, userId: 'user-1' }], hasMore: false },
      use: (gateway) => gateway.ask('GET /parley/sessions', { query: { limit: 1, user_id: 'user-1', status: 'open' } }),
      makes: pageOf({ ...shownSession, user_id: 'user-1' }),
    },
    {
      what: 'changes a session',
      given: 'an open session',
      ids,
      call: 'updateSession',
      input: { sessionId, ...wishes },
      answer: session,
      use: (gateway) => gateway.ask('PATCH /parley/sessions/{session_id}', { ...oneSession, body: wishes }),
      makes: shownSession,
    },
    {
      what: 'closes a session',
      given: 'an open session',
      ids,
      call: 'closeSession',
      input: { sessionId },
      answer: { ...session, status: 'closed' },
      use: (gateway) => gateway.ask('POST /parley/sessions/{session_id}/close', oneSession),
      makes: { ...shownSession, status: 'closed' },
    },
    {
      what: 'closes a session that a response holds',
      given: 'a session that a response holds',
      ids,
      call: 'closeSession',
      input: { sessionId },
      error: 'SESSION_BUSY',
      use: (gateway) => gateway.ask('POST /parley/sessions/{session_id}/close', oneSession),
    },
    {
      what: 'reopens a session',
      given: 'a closed session',
      ids,
      call: 'reopenSession',
      input: { sessionId },
      answer: session,
      use: (gateway) => gateway.ask('POST /parley/sessions/{session_id}/reopen', oneSession),
      makes: shownSession,
    },
    {
      what: 'deletes a session',
      given: 'an open session',
      ids,
      call: 'deleteSession',
      input: { sessionId },
      answer: {},
      use: (gateway) => gateway.ask('DELETE /v1/conversations/{conversation_id}', oneConversation),
      makes: { id: conversation, object: 'conversation.deleted', deleted: true },
    },
    {
      what: 'appends items',
      given: 'an open session',
      ids,
      call: 'appendItems',
      input: { sessionId, items: [newMessage] },
      answer: { items: [newMessage] },
      use: (gateway) =>
        gateway.ask('POST /v1/conversations/{conversation_id}/items', {
          ...oneConversation,
          body: { items: [{ type: 'message', role: 'user', content: 'Hello' }] },
        }),
      makes: pageOf(newMessage),
    },
    {
      what: 'appends items to a closed session',
      given: 'a closed session',
      ids,
      call: 'appendItems',
      input: { sessionId, items: [newMessage] },
      error: 'SESSION_CLOSED',
      use: (gateway) =>
        gateway.ask('POST /v1/conversations/{conversation_id}/items', {
          ...oneConversation,
          body: { items: [{ type: 'message', role: 'user', content: 'Hello' }] },
        }),
    },
    {
      what: 'lists items',
      given: 'an open session',
      ids,
      call: 'listItems',
      input: { sessionId, limit: 20, order: 'asc' },
      answer: { data: [userMessage], hasMore: false },
      use: (gateway) =>
        gateway.ask('GET /v1/conversations/{conversation_id}/items', { ...oneConversation, query: { order: 'asc' } }),
      makes: pageOf(userMessage),
    },
    {
      what: 'lists items after one that is not there',
      given: 'an open session',
      ids,
      call: 'listItems',
      input: { sessionId, limit: 20, order: 'desc', after: 'msg_absent' },
      error: 'ITEM_NOT_FOUND',
      use: (gateway) =>
        gateway.ask('GET /v1/conversations/{conversation_id}/items', {
          ...oneConversation,
          query: { after: 'msg_absent' },
        }),
    },
    {
      what: 'gets an item',
      given: 'an open session',
      ids: itemIds,
      call: 'getItem',
      input: { sessionId, itemId },
      answer: userMessage,
      use: (gateway) => gateway.ask('GET /v1/conversations/{conversation_id}/items/{item_id}', oneItem),
    },
    {
      what: 'deletes an item',
      given: 'an open session',
      ids: itemIds,
      call: 'deleteItem',
      input: { sessionId, itemId },
      answer: { ...session, itemCount: 0 },
      use: (gateway) => gateway.ask('DELETE /v1/conversations/{conversation_id}/items/{item_id}', oneItem),
      makes: shownConversation,
    },
    {
      what: 'puts a user',
      call: 'putUser',
      input: { userId: 'user-1', profile: user.profile, preferences: {} },
      answer: user,
      use: (gateway) => gateway.ask('PUT /parley/users/{user_id}', { ...oneUser, body: { profile: user.profile } }),
      makes: shownUser,
    },
    {
      what: 'gets a user',
      given: 'a user',
      call: 'getUser',
      input: { userId: 'user-1' },
      answer: user,
      use: (gateway) => gateway.ask('GET /parley/users/{user_id}', oneUser),
      makes: shownUser,
    },
    {
      what: 'lists users',
      given: 'a user',
      call: 'listUsers',
      input: { limit: 1, order: 'desc' },
      answer: { data: [user], hasMore: false },
      use: (gateway) => gateway.ask('GET /parley/users', { query: { limit: 1 } }),
      makes: pageOf(shownUser),
    },
    {
      what: 'deletes a user',
      given: 'a user',
      call: 'deleteUser',
      input: { userId: 'user-1' },
      answer: {},
      use: (gateway) => gateway.ask('DELETE /parley/users/{user_id}', oneUser),
      makes: { id: 'user-1', object: 'parley.user.deleted', deleted: true },
    },
    ...promptInteractions,
  ],
})
