import { defineService } from '@parley/chassis/runtime/define-service.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import { createCountTokens } from './application/count-tokens.ts'
import { createGenerate } from './application/generate.ts'
import { createGetModel, createListModels } from './application/list-models.ts'
import type { ModelClient } from './application/ports.ts'
import { createRenderPrompt } from './application/render-prompt.ts'
import { type GptConfig, loadConfig } from './config.ts'
import { GptContract } from './contract.ts'
import { GptTokenizerCounter } from './infrastructure/gpt-tokenizer-counter.ts'
import { OpenAiCompatibleModelClient } from './infrastructure/openai-compatible-model-client.ts'
import { SimulatedModelClient } from './infrastructure/simulated-model-client.ts'
import { createCalls } from './interface/calls.ts'

export const gpt = defineService({
  contract: GptContract,
  needs: {},
  migrations: null,
  loadConfig,
  create: createGpt,
})

export interface GptOptions {
  readonly config: GptConfig
  readonly clock: Clock
  readonly newId: NewId
}

/** The service put together; `close` ends every connection to a provider. */
export function createGpt({ config, clock, newId }: GptOptions) {
  const { catalogue, templates, findPrice } = config
  const { clients, close } = createClients(config, newId)
  const counter = new GptTokenizerCounter()
  const calls = createCalls({
    generate: createGenerate({ catalogue, clients, counter }),
    listModels: createListModels({ catalogue, clients, clock, findPrice }),
    getModel: createGetModel({ catalogue, clock, findPrice }),
    countTokens: createCountTokens({ catalogue, counter }),
    renderPrompt: createRenderPrompt({ templates }),
  })
  return { calls, close }
}

function createClients({ providers, timeouts, connectionsMax }: GptConfig, newId: NewId) {
  const clients = new Map<string, ModelClient>()
  const pooled: OpenAiCompatibleModelClient[] = []
  for (const provider of providers) {
    if (provider.kind === 'simulated') {
      clients.set(provider.name, new SimulatedModelClient({ name: provider.name, timeouts, newId }))
    } else {
      const client = new OpenAiCompatibleModelClient({ ...provider, timeouts, connectionsMax, newId })
      clients.set(provider.name, client)
      pooled.push(client)
    }
  }
  const close = async () => {
    await Promise.all(pooled.map((client) => client.close()))
  }
  return { clients, close }
}
