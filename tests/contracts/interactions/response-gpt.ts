import { GptContract } from '@parley/gpt/contract.ts'
import { createResponse } from '../consumers/response.ts'
import { generationEnd, model, outputSteps, responseId, userMessage } from '../examples.ts'
import { definePair } from '../pact/define-pair.ts'

type Consumer = ReturnType<typeof createResponse>

/** The simulated model does as the first line of a message says, so that the steps are the same every time. */
const asking = (text: string) => ({
  responseId,
  attempt: 1,
  model: 'simulated',
  instructions: 'Be brief.',
  items: [{ ...userMessage, content: [{ type: 'input_text' as const, text }] }],
  options: { temperature: 0.5 },
  delivery: 'incremental' as const,
})
const generate = (text: string) => ({
  input: asking(text),
  use: ({ models, context }: Consumer) => Array.fromAsync(models.generate(context, asking(text))),
})

export const responseToGpt = definePair({
  consumer: 'response',
  contract: GptContract,
  createConsumer: createResponse,
  interactions: [
    {
      what: 'has a message generated',
      call: 'generate',
      ...generate('/simulate chunks=1\nHello'),
      frames: [...outputSteps, generationEnd],
    },
    {
      what: 'has a message generated that breaks off',
      call: 'generate',
      ...generate('/simulate chunks=2 fail_after=1\nHello'),
      frames: outputSteps.slice(0, 2),
      error: 'PROVIDER_UNAVAILABLE',
    },
    {
      what: 'has a message generated that the provider refuses',
      call: 'generate',
      ...generate('/simulate fail_status=400\nHello'),
      error: 'PROVIDER_REFUSED',
    },
    {
      what: 'asks how much a model holds',
      call: 'getModel',
      input: { model: 'simulated' },
      answer: model,
      use: ({ models, context }) => models.contextTokensMax(context, 'simulated'),
      makes: 128_000,
    },
  ],
})
