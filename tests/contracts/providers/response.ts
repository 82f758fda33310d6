import { newId } from '@parley/chassis/runtime/real-clock.ts'
import type { Generate } from '@parley/gpt/contract.ts'
import type { GenerationStep } from '@parley/kernel/frames.ts'
import { RequestContract } from '@parley/request/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { response } from '@parley/response/service.ts'
import { testContext } from '@parley/testkit/context.ts'
import { generationEnd, outputSteps, requestInput, submitted } from '../examples.ts'
import { type Provider, startProvider } from './start-provider.ts'
import { tellEvent } from './tell-event.ts'

const endlessModel = 'endless'

export function startResponse(): Promise<Provider> {
  return startProvider({
    service: response,
    neighbours: {
      request: { getInput: async () => requestInput },
      gpt: { generate: (_context, command) => generate(command) },
    },
    states(clientOf) {
      const { follow } = clientOf(ResponseContract)
      const accept = async (model: string) => {
        const ids = { requestId: newId('req'), responseId: newId('resp') }
        const way = { from: 'request', to: 'response' }
        await tellEvent(clientOf, way, RequestContract.events.submitted, { ...submitted, ...ids, model })
        return ids
      }
      /** Reads until a step of this type was seen. */
      const until = async (responseId: string, type: string) => {
        for await (const { step } of follow(testContext(), { responseId, after: -1, waitMs: 5_000 })) {
          if (step.type === type) return
        }
      }
      return {
        async 'a response that has ended'() {
          const ids = await accept('simulated')
          await until(ids.responseId, 'response-end')
          return ids
        },
        async 'a response that is running'() {
          const ids = await accept(endlessModel)
          await until(ids.responseId, 'text-delta')
          return ids
        },
      }
    },
  })
}

async function* generate({ model }: Generate): AsyncGenerator<GenerationStep> {
  for (const step of outputSteps) {
    if (model === endlessModel && step.type === 'item-end') await new Promise<never>(() => {})
    yield step
  }
  yield generationEnd
}
