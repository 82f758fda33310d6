import { SessionContract } from '@parley/session/contract.ts'
import { createRequest } from '../consumers/request.ts'
import { absent, conversation, responseId } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const ids = { sessionId: conversation }
const turn = { sessionId: conversation, responseId }
const begun = { ...turn, until: 'accepted' } as const
const begunNowhere = { ...begun, sessionId: absent.conversation }

export const requestToSession = definePair({
  consumer: 'request',
  contract: SessionContract,
  createConsumer: createRequest,
  interactions: [
    {
      what: 'reserves a session',
      given: 'an open session',
      ids,
      call: 'beginTurn',
      input: begun,
      answer: { preferences: { model: 'simulated' } },
      use: ({ turns, context }) => turns.begin(context, turn),
      makes: { preferredModel: 'simulated' },
    },
    {
      what: 'reserves a session that is not there',
      call: 'beginTurn',
      input: begunNowhere,
      error: 'SESSION_NOT_FOUND',
      use: ({ turns, context }) => turns.begin(context, { sessionId: absent.conversation, responseId }),
    },
    {
      what: 'reserves a closed session',
      given: 'a closed session',
      ids,
      call: 'beginTurn',
      input: begun,
      error: 'SESSION_CLOSED',
      use: ({ turns, context }) => turns.begin(context, turn),
    },
    {
      what: 'reserves a session that another response holds',
      given: 'a session that a response holds',
      ids,
      call: 'beginTurn',
      input: begun,
      error: 'SESSION_BUSY',
      use: ({ turns, context }) => turns.begin(context, turn),
    },
    {
      what: 'lets go of a session',
      given: 'an open session',
      ids,
      call: 'abandonTurn',
      input: turn,
      answer: {},
      use: ({ turns, context }) => turns.abandon(context, turn),
      makes: undefined,
    },
    {
      what: 'fills a prompt',
      given: 'a prompt with a name',
      call: 'renderPrompt',
      input: { promptId: 'greeting', variables: { name: 'Ada' } },
      answer: { instructions: 'Greet Ada.' },
      use: ({ prompts, context }) => prompts.render(context, { id: 'greeting', variables: { name: 'Ada' } }),
      makes: 'Greet Ada.',
    },
    {
      what: 'fills a prompt without its variable',
      given: 'a prompt with a name',
      call: 'renderPrompt',
      input: { promptId: 'greeting', variables: {} },
      error: 'INVALID_REQUEST',
      use: ({ prompts, context }) => prompts.render(context, { id: 'greeting' }),
    },
    {
      what: 'fills a prompt that is not there',
      call: 'renderPrompt',
      input: { promptId: 'absent', variables: {} },
      error: 'TEMPLATE_NOT_FOUND',
      use: ({ prompts, context }) => prompts.render(context, { id: 'absent' }),
    },
    {
      what: 'looks through all turns without being an operator',
      call: 'auditTurns',
      input: { limit: 10 },
      error: 'SCOPE_MISSING',
      use: ({ outcomes, context }) => outcomes.listTurns(context, { limit: 10 }),
    },
  ],
})
