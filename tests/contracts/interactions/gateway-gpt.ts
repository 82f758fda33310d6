import { GptContract } from '@parley/gpt/contract.ts'
import { itemText } from '@parley/kernel/items.ts'
import { createGateway } from '../consumers/gateway.ts'
import { model, timeSeconds, userMessage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const shownModel = {
  id: 'simulated',
  object: 'model',
  created: timeSeconds,
  owned_by: 'simulated',
  parley: { provider: 'simulated', provider_model: 'simulated', context_tokens_max: model.contextTokensMax },
}
const question = { ...userMessage, id: 'msg_new' }

export const gatewayToGpt = definePair({
  consumer: 'gateway',
  contract: GptContract,
  createConsumer: createGateway,
  interactions: [
    {
      what: 'lists the models',
      call: 'listModels',
      input: {},
      answer: { models: [model], defaultModel: 'simulated' },
      use: (gateway) => gateway.ask('GET /v1/models'),
      makes: { object: 'list', data: [shownModel] },
    },
    {
      what: 'gets a model',
      call: 'getModel',
      input: { model: 'simulated' },
      answer: model,
      use: (gateway) => gateway.ask('GET /v1/models/{model}', { params: { model: 'simulated' } }),
      makes: shownModel,
    },
    {
      what: 'counts the tokens of messages',
      call: 'countTokens',
      input: { model: 'simulated', instructions: 'Be brief.', items: [question], options: {} },
      answer: { tokens: 12, provenance: 'estimated' },
      use: (gateway) =>
        gateway.ask('POST /v1/messages/count_tokens', {
          body: { model: 'simulated', system: 'Be brief.', messages: [{ role: 'user', content: itemText(question) }] },
        }),
      makes: { input_tokens: 12 },
    },
    {
      what: 'gets a model that nobody serves',
      call: 'getModel',
      input: { model: 'nobody/absent' },
      error: 'MODEL_NOT_FOUND',
      use: (gateway) => gateway.ask('GET /v1/models/{model}', { params: { model: 'nobody/absent' } }),
    },
  ],
})
