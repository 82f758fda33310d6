import { deliveryContract } from '@parley/chassis/events/delivery-contract.ts'
import { envelope } from '../consumers/publish-through-outbox.ts'
import { createSession } from '../consumers/session.ts'
import { conversation, responseId } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const data = { sessionId: conversation, responseId, itemCount: 2 }

export const sessionToRequest = definePair({
  consumer: 'session',
  contract: deliveryContract('request'),
  createConsumer: createSession,
  interactions: [
    {
      what: 'tells of a turn that a session has got',
      call: 'deliver',
      input: {
        events: [{ ...envelope, source: 'session', type: 'session.turn-appended.v1', subject: conversation, data }],
      },
      answer: { results: [{ status: 'done' }] },
      use: ({ publishTurnAppended }) => publishTurnAppended(data),
      makes: [{ status: 'done' }],
    },
  ],
})
