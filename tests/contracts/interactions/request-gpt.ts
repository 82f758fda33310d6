import { GptContract } from '@parley/gpt/contract.ts'
import { createRequest } from '../consumers/request.ts'
import { model, userMessage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

const resolved = { id: 'simulated', contextTokensMax: 128_000, outputTokensMax: null, price: null }
const conversation = { model: 'simulated', instructions: null, items: [userMessage] }
const greeting = { id: 'greeting', variables: { name: 'Ada' } }

export const requestToGpt = definePair({
  consumer: 'request',
  contract: GptContract,
  createConsumer: createRequest,
  interactions: [
    {
      what: 'asks where a model name leads',
      call: 'getModel',
      input: { model: 'simulated' },
      answer: model,
      use: ({ models, context }) => models.resolve(context, 'simulated'),
      makes: resolved,
    },
    {
      what: 'asks where the name of no model leads',
      call: 'getModel',
      input: { model: 'absent' },
      error: 'MODEL_NOT_FOUND',
      use: ({ models, context }) => models.resolve(context, 'absent'),
    },
    {
      what: 'asks for the default model',
      call: 'listModels',
      input: {},
      answer: { models: [model], defaultModel: 'simulated' },
      use: ({ models, context }) => models.defaultModel(context),
      makes: resolved,
    },
    {
      what: 'counts what a budget has to hold',
      call: 'countTokens',
      input: conversation,
      answer: { tokens: 8, provenance: 'estimated' },
      use: ({ counter, context }) =>
        counter.count(context, {
          ...conversation,
          ...{ sessionId: null, previousResponseId: null, contextTokensMax: 128_000 },
        }),
    },
    {
      what: 'renders a prompt template',
      given: 'a template greeting with a name',
      call: 'renderPrompt',
      input: greeting,
      answer: { instructions: 'Greet Ada.' },
      use: ({ templates, context }) => templates.render(context, greeting),
      makes: 'Greet Ada.',
    },
    {
      what: 'renders a prompt template without its variable',
      given: 'a template greeting with a name',
      call: 'renderPrompt',
      input: { id: 'greeting' },
      error: 'INVALID_REQUEST',
      use: ({ templates, context }) => templates.render(context, { id: 'greeting' }),
    },
    {
      what: 'renders a prompt template that is not there',
      call: 'renderPrompt',
      input: { id: 'absent' },
      error: 'TEMPLATE_NOT_FOUND',
      use: ({ templates, context }) => templates.render(context, { id: 'absent' }),
    },
  ],
})
