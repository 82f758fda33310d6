import { GptContract } from '@parley/gpt/contract.ts'
import { RequestContract, type RequestInput } from '@parley/request/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createAwaitArrival } from '../../../services/gateway/application/await-arrival.ts'
import { createFollowResponse } from '../../../services/gateway/application/follow-response.ts'
import { createGatherContext } from '../../../services/gateway/application/gather-context.ts'
import { createGenerate } from '../../../services/gateway/application/generate.ts'
import { scopeDepartures } from '../../../services/gateway/infrastructure/scope-departures.ts'
import { createRouteTable } from '../../../services/gateway/interface/route-table.ts'
import { frames, requestId, responseId, time } from '../examples.ts'
import type { ClientOf } from '../pact/define-pair.ts'

interface Question {
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, unknown>>
  body?: object
}

export type Gateway = ReturnType<typeof createGateway>

/** The gateway's routes and use cases over clients. */
export function createGateway(clientOf: ClientOf) {
  const responses = clientOf(ResponseContract)
  const requests = clientOf(RequestContract)
  const followResponse = createFollowResponse({ responses, sleep: async () => {} })
  const generate = createGenerate({
    requests,
    responses,
    followResponse,
    departures: scopeDepartures,
    newId: () => requestId,
  })
  const routes = createRouteTable({
    // What is asked of one provider must not depend on what another one answers.
    generate: async () => ({
      accepted: { requestId, responseId, acceptedAt: time, replayed: false },
      frames: answered(),
    }),
    followResponse,
    awaitArrival: createAwaitArrival({ responses, sleep: async () => {} }),
    gatherContext: createGatherContext({ sessions: clientOf(SessionContract), responses }),
    manageKeys: { createKey: refuse, listKeys: refuse, revokeKey: refuse },
    sessions: clientOf(SessionContract),
    requests,
    responses,
    models: clientOf(GptContract),
    topology: { services: [] },
    newId: (prefix) => `${prefix}_new`,
  })

  return {
    /** Asks a route (`GET /v1/models`) as a client does, and resolves to its answer. */
    async ask(name: string, { params = {}, query = {}, body = {} }: Question = {}): Promise<unknown> {
      const route = routes.find(({ method, path }) => `${method} ${path}` === name)
      if (route === undefined) throw new Error(`there is no route ${name}`)
      const call = {
        context: testContext(),
        params,
        query,
        body,
        headers: {},
        idempotencyKey: null,
        onAccepted: () => {},
      }
      const answer = await route.handle(call)
      return answer.kind === 'json' ? JSON.parse(answer.body) : Array.fromAsync(answer.frames)
    },
    async submit(input: RequestInput, idempotencyKey: string | null): Promise<unknown> {
      return (await generate(testContext(), { input, idempotencyKey, onAccepted: () => {} })).accepted
    },
    updateMetadata: (changed: string, metadata: Record<string, string>) =>
      responses.updateMetadata(testContext(), { responseId: changed, metadata }),
    follow: (followed: string): Promise<unknown> =>
      Array.fromAsync(followResponse(testContext(), { responseId: followed, waitMs: 0 })),
  }
}

async function* answered() {
  yield* frames
}

async function refuse(): Promise<never> {
  throw new Error('keys are the gateway’s own')
}
