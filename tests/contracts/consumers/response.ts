import { realClock } from '@parley/chassis/runtime/real-clock.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { RequestContract } from '@parley/request/contract.ts'
import type { ResponseSettled } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { ContractRequestInputs } from '../../../services/response/infrastructure/contract-request-inputs.ts'
import { ContractSessionTurns } from '../../../services/response/infrastructure/contract-session-turns.ts'
import { GptModelClient } from '../../../services/response/infrastructure/gpt-model-client.ts'
import { OutboxResponseEvents } from '../../../services/response/infrastructure/outbox-response-events.ts'
import type { ClientOf } from '../pact/define-pair.ts'
import { publishThroughOutbox } from './publish-through-outbox.ts'

/** The response service's adapters over clients. */
export function createResponse(clientOf: ClientOf) {
  return {
    context: testContext(),
    inputs: new ContractRequestInputs(clientOf(RequestContract)),
    sessions: new ContractSessionTurns(clientOf(SessionContract)),
    models: new GptModelClient(clientOf(GptContract), realClock),
    publishSettled: (data: ResponseSettled) =>
      publishThroughOutbox(clientOf, { from: 'response', to: 'request' }, (tx, context, publisher) =>
        new OutboxResponseEvents(publisher).settled(tx, context, data),
      ),
  }
}
