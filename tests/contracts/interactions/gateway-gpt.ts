import { GptContract } from '@parley/gpt/contract.ts'
import { createGateway } from '../consumers/gateway.ts'
import { model, timeSeconds } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const shownModel = { id: 'simulated', object: 'model', created: timeSeconds, owned_by: 'simulated' }

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
      what: 'gets a model that nobody serves',
      call: 'getModel',
      input: { model: 'nobody/absent' },
      error: 'MODEL_NOT_FOUND',
      use: (gateway) => gateway.ask('GET /v1/models/{model}', { params: { model: 'nobody/absent' } }),
    },
  ],
})
