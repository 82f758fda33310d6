import { SessionContract } from '@parley/session/contract.ts'
import { createResponse } from '../consumers/response.ts'
import { absent, assistantMessage, conversation, responseId, userMessage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const ids = { sessionId: conversation }
const turn = { sessionId: conversation, responseId }
const items = [
  { ...userMessage, id: 'msg_asked' },
  { ...assistantMessage, id: 'msg_answered' },
]
const turnContext = { items: [userMessage], preferences: { model: 'simulated' }, tokens: 6, truncated: false }

export const responseToSession = definePair({
  consumer: 'response',
  contract: SessionContract,
  createConsumer: createResponse,
  interactions: [
    {
      what: 'holds a session until the turn has ended',
      given: 'an open session',
      ids,
      call: 'beginTurn',
      input: { ...turn, until: 'ended' },
      answer: { preferences: { model: 'simulated' } },
      use: ({ sessions, context }) => sessions.hold(context, turn),
      makes: undefined,
    },
    {
      what: 'holds a session that another response holds',
      given: 'a session that a response holds',
      ids: { sessionId: conversation },
      call: 'beginTurn',
      input: { ...turn, until: 'ended' },
      error: 'SESSION_BUSY',
      use: ({ sessions, context }) => sessions.hold(context, turn),
    },
    {
      what: 'asks for the context of a turn',
      given: 'an open session',
      ids,
      call: 'buildContext',
      input: { sessionId: conversation, tokensMax: 8_000 },
      answer: turnContext,
      use: ({ sessions, context }) => sessions.context(context, { sessionId: conversation, tokensMax: 8_000 }),
    },
    {
      what: 'asks for the context of a turn of a session that is not there',
      call: 'buildContext',
      input: { sessionId: absent.conversation, tokensMax: 8_000 },
      error: 'SESSION_NOT_FOUND',
      use: ({ sessions, context }) => sessions.context(context, { sessionId: absent.conversation, tokensMax: 8_000 }),
    },
    {
      what: 'appends a turn',
      given: 'a session that a response holds',
      ids,
      call: 'appendTurn',
      input: { ...turn, items },
      answer: { appended: true },
      use: ({ sessions, context }) => sessions.append(context, { ...turn, items }),
      makes: undefined,
    },
    {
      what: 'appends a turn to a session that is not there any more',
      call: 'appendTurn',
      input: { sessionId: absent.conversation, responseId, items },
      error: 'SESSION_NOT_FOUND',
      use: ({ sessions, context }) => sessions.append(context, { sessionId: absent.conversation, responseId, items }),
      makes: undefined,
    },
    {
      what: 'abandons a turn',
      given: 'a session that a response holds',
      ids,
      call: 'abandonTurn',
      input: turn,
      answer: {},
      use: ({ sessions, context }) => sessions.abandon(context, turn),
      makes: undefined,
    },
  ],
})
