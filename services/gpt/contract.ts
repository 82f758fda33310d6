import { call, defineContract, stream } from '@parley/chassis/contract/define-contract.ts'
import { GenerationStep } from '@parley/kernel/frames.ts'
import { Delivery, GenerationOptions, PromptTemplateRef } from '@parley/kernel/generation.ts'
import { Item } from '@parley/kernel/items.ts'
import { Price } from '@parley/kernel/price.ts'
import { Provenance } from '@parley/kernel/usage.ts'
import { type Static, Type } from 'typebox'

export const Model = Type.Object({
  id: Type.String(),
  /** The configured name of the provider that serves it. */
  provider: Type.String(),
  /** Input and output together, in tokens. */
  contextTokensMax: Type.Integer(),
  /** The provider's own name for it. */
  providerModel: Type.Optional(Type.String()),
  /** The longest answer that the model gives; null when nobody documents it. */
  outputTokensMax: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  /** Null when nobody knows what it costs. */
  price: Type.Optional(Type.Union([Price, Type.Null()])),
  /** Milliseconds since the epoch. */
  createdAt: Type.Integer(),
})
export type Model = Static<typeof Model>

export const Generate = Type.Object({
  /** Ties the provider call to its attempt, for logs and for the provider's own request id. */
  responseId: Type.String(),
  attempt: Type.Integer({ minimum: 1 }),
  model: Type.String(),
  instructions: Type.Union([Type.String(), Type.Null()]),
  items: Type.Array(Item),
  options: GenerationOptions,
  delivery: Delivery,
})
export type Generate = Static<typeof Generate>

export const GptContract = defineContract('gpt', {
  version: '1.0',
  calls: {
    listModels: call({
      http: 'GET /models',
      in: Type.Object({}),
      out: Type.Object({ models: Type.Array(Model), defaultModel: Type.String() }),
      effect: 'read',
    }),
    /** The model that a name is routed to. `models/:model` because names may hold slashes once encoded. */
    getModel: call({
      http: 'GET /models/:model',
      in: Type.Object({ model: Type.String() }),
      out: Model,
      errors: ['MODEL_NOT_FOUND'],
      effect: 'read',
    }),
    /**
     * Without `options` counted here, fast and for free. With them the tools count too, and the provider is asked where
     * it counts itself.
     */
    countTokens: call({
      http: 'POST /token-counts',
      in: Type.Object({
        model: Type.String(),
        instructions: Type.Union([Type.String(), Type.Null()]),
        items: Type.Array(Item),
        options: Type.Optional(GenerationOptions),
      }),
      out: Type.Object({ tokens: Type.Integer(), provenance: Provenance }),
      errors: ['MODEL_NOT_FOUND', 'UNSUPPORTED_PARAMETER', 'CONTEXT_TOO_LONG', 'PROVIDER_REFUSED'],
      effect: 'read',
    }),
    /** Fills a prompt template; the text becomes the instructions of a turn. */
    renderPrompt: call({
      http: 'POST /prompts',
      in: PromptTemplateRef,
      out: Type.Object({ instructions: Type.String() }),
      errors: ['TEMPLATE_NOT_FOUND', 'INVALID_REQUEST'],
      effect: 'read',
    }),
    /** Calls the provider at most once, for an answer or for vectors. Ends with `generation-end`; ending without one is a failure. */
    generate: stream({
      http: 'POST /generations',
      in: Generate,
      frames: GenerationStep,
      errors: [
        'MODEL_NOT_FOUND',
        'UNSUPPORTED_PARAMETER',
        'CONTEXT_TOO_LONG',
        'PROVIDER_REFUSED',
        'PROVIDER_UNAUTHORISED',
        'PROVIDER_RATE_LIMITED',
        'PROVIDER_UNAVAILABLE',
        'PROVIDER_GARBLED',
        'PROVIDER_STALLED',
      ],
      effect: 'write',
      deadlineMs: 10 * 60_000,
    }),
  },
  events: {},
})
