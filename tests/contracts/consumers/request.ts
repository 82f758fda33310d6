import { CallScope } from '@parley/chassis/contract/call-scope.ts'
import { realClock } from '@parley/chassis/runtime/real-clock.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import type { RequestSubmitted } from '@parley/request/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { ContractInputCounter } from '../../../services/request/infrastructure/contract-input-counter.ts'
import { ContractOutcomes } from '../../../services/request/infrastructure/contract-outcomes.ts'
import { ContractStoredResponses } from '../../../services/request/infrastructure/contract-stored-responses.ts'
import { GptModels } from '../../../services/request/infrastructure/gpt-models.ts'
import { GptPromptTemplates } from '../../../services/request/infrastructure/gpt-prompt-templates.ts'
import { OutboxRequestEvents } from '../../../services/request/infrastructure/outbox-request-events.ts'
import { SessionPromptTemplates } from '../../../services/request/infrastructure/session-prompt-templates.ts'
import { SessionTurns } from '../../../services/request/infrastructure/session-turns.ts'
import type { ClientOf } from '../pact/define-pair.ts'
import { publishThroughOutbox } from './publish-through-outbox.ts'

/** The request service's adapters over clients. */
export function createRequest(clientOf: ClientOf) {
  const gpt = clientOf(GptContract)
  return {
    context: testContext(),
    turns: new SessionTurns(clientOf(SessionContract), ({ deadlineMs, cause }) => CallScope.child(cause, deadlineMs)),
    models: new GptModels(gpt, realClock),
    templates: new GptPromptTemplates(gpt),
    prompts: new SessionPromptTemplates(clientOf(SessionContract)),
    storedResponses: new ContractStoredResponses(clientOf(ResponseContract)),
    counter: new ContractInputCounter({
      gpt,
      session: clientOf(SessionContract),
      response: clientOf(ResponseContract),
    }),
    outcomes: new ContractOutcomes({ response: clientOf(ResponseContract), session: clientOf(SessionContract) }),
    publishSubmitted: (data: RequestSubmitted) =>
      publishThroughOutbox(clientOf, { from: 'request', to: 'response' }, (tx, context, publisher) =>
        new OutboxRequestEvents(publisher).submitted(tx, context, data),
      ),
  }
}
