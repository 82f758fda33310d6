import { RequestContract } from '@parley/request/contract.ts'
import { request } from '@parley/request/service.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { model, requestInput, settled } from '../examples.ts'
import { type Provider, startProvider } from './start-provider.ts'
import { tellEvent } from './tell-event.ts'

export function startRequest(): Promise<Provider> {
  return startProvider({
    service: request,
    neighbours: {
      gpt: { getModel: async () => model, countTokens: async () => ({ tokens: 8, provenance: 'estimated' }) },
    },
    states(clientOf) {
      const client = clientOf(RequestContract)
      const submit = async (idempotencyKey: string | null) => {
        const submission = { ...requestInput, idempotencyKey }
        const { requestId, responseId } = await client.submit(testContext(), submission)
        return { requestId, responseId }
      }
      return {
        'an accepted request': () => submit(null),
        'a request under an idempotency key': () => submit('chat:key-1'),
        async 'a settled request'() {
          const ids = await submit(null)
          const way = { from: 'response', to: 'request' }
          await tellEvent(clientOf, way, ResponseContract.events.settled, { ...settled, ...ids })
          return ids
        },
      }
    },
  })
}
