import { type Static, Type } from 'typebox'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const FunctionTool = Type.Object({
  type: Type.Literal('function'),
  name: Type.String(),
  description: Type.Optional(Nullable(Type.String())),
  parameters: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
  strict: Type.Optional(Nullable(Type.Boolean())),
})
export type FunctionTool = Static<typeof FunctionTool>

export const ToolChoice = Type.Union([
  Type.Literal('none'),
  Type.Literal('auto'),
  Type.Literal('required'),
  Type.Object({ type: Type.Literal('function'), name: Type.String() }),
])
export type ToolChoice = Static<typeof ToolChoice>

export const TextFormat = Type.Union([
  Type.Object({ type: Type.Literal('text') }),
  Type.Object({ type: Type.Literal('json_object') }),
  Type.Object({
    type: Type.Literal('json_schema'),
    name: Type.String(),
    schema: Type.Record(Type.String(), Type.Unknown()),
    description: Type.Optional(Nullable(Type.String())),
    strict: Type.Optional(Nullable(Type.Boolean())),
  }),
])
export type TextFormat = Static<typeof TextFormat>

export const PromptTemplateRef = Type.Object({
  id: Type.String(),
  version: Type.Optional(Nullable(Type.String())),
  variables: Type.Optional(Nullable(Type.Record(Type.String(), Type.String()))),
})
export type PromptTemplateRef = Static<typeof PromptTemplateRef>

/** What a caller asks of Parley itself and not of the model; kept so that the response can show it again. */
export const Handling = Type.Object({
  /** The caller does not wait for the end. */
  background: Type.Optional(Type.Boolean()),
  /** What to do with a context that the model cannot hold: drop what is oldest, or fail. */
  truncation: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('disabled')])),
  prompt: Type.Optional(PromptTemplateRef),
})
export type Handling = Static<typeof Handling>

/** `base64`: 32-bit floats, little-endian, as most clients ask for. */
export const EmbeddingEncoding = Type.Union([Type.Literal('float'), Type.Literal('base64')])
export type EmbeddingEncoding = Static<typeof EmbeddingEncoding>

/**
 * Vectors are wanted instead of an answer: one output item for each input, in its order, whose native fields hold the
 * vector as `embedding`. Every input item is one text, unless `tokens` stands in for all of them.
 */
export const EmbeddingOptions = Type.Object({
  encoding: EmbeddingEncoding,
  dimensions: Type.Optional(Type.Integer({ minimum: 1 })),
  tokens: Type.Optional(Type.Array(Type.Array(Type.Integer()))),
  /** Parameters without a common meaning; they reach the provider unchanged. */
  native: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
export type EmbeddingOptions = Static<typeof EmbeddingOptions>

/**
 * What a caller may ask of a model, whatever dialect it spoke. A field that is absent was not asked for; the provider's
 * default applies.
 */
export const GenerationOptions = Type.Object({
  temperature: Type.Optional(Type.Number()),
  topP: Type.Optional(Type.Number()),
  presencePenalty: Type.Optional(Type.Number()),
  frequencyPenalty: Type.Optional(Type.Number()),
  /** Upper bound of output tokens, reasoning included. */
  maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1 })),
  stop: Type.Optional(Type.Array(Type.String())),
  tools: Type.Optional(Type.Array(FunctionTool)),
  toolChoice: Type.Optional(ToolChoice),
  parallelToolCalls: Type.Optional(Type.Boolean()),
  textFormat: Type.Optional(TextFormat),
  reasoningEffort: Type.Optional(Type.String()),
  embedding: Type.Optional(EmbeddingOptions),
  /** Answers wanted to the one request; absent: one. */
  choices: Type.Optional(Type.Integer({ minimum: 1, maximum: 128 })),
  /** Log probabilities of the tokens written are wanted, with those of so many alternatives each. */
  topLogprobs: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
  handling: Type.Optional(Handling),
  /**
   * Top-level parameters of the caller's own dialect that have no common meaning (`seed`, `user`, `service_tier`, …).
   * They reach a provider of the same dialect unchanged and no other.
   */
  native: Type.Optional(
    Type.Object({
      dialect: Type.Union([Type.Literal('chat'), Type.Literal('responses'), Type.Literal('messages')]),
      parameters: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
})
export type GenerationOptions = Static<typeof GenerationOptions>

/** `incremental`: steps arrive as the model writes. `whole`: the provider is asked for one complete answer. */
export const Delivery = Type.Union([Type.Literal('incremental'), Type.Literal('whole')])
export type Delivery = Static<typeof Delivery>
