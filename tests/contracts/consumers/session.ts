import { OutboxSessionEvents } from '../../../services/session/infrastructure/outbox-session-events.ts'
import type { ClientOf } from '../pact/define-pair.ts'
import { publishThroughOutbox } from './publish-through-outbox.ts'

/** The session service's outbox over clients. */
export function createSession(clientOf: ClientOf) {
  return {
    publishTurnAppended: (turn: { sessionId: string; responseId: string; itemCount: number }) =>
      publishThroughOutbox(clientOf, { from: 'session', to: 'request' }, (tx, context, publisher) => {
        const { sessionId, responseId, itemCount } = turn
        const happening = { name: 'turnAppended', responseId, itemCount } as const
        return new OutboxSessionEvents(publisher).publish(tx, context, { sessionId, userId: null }, happening, {
          seq: 1,
        })
      }),
  }
}
