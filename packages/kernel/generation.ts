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
  /**
   * Top-level parameters of the caller's own dialect that have no common meaning (`seed`, `user`, `service_tier`, …).
   * They reach a provider of the same dialect unchanged and no other.
   */
  native: Type.Optional(
    Type.Object({
      dialect: Type.Union([Type.Literal('chat'), Type.Literal('responses')]),
      parameters: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
})
export type GenerationOptions = Static<typeof GenerationOptions>

/** `incremental`: steps arrive as the model writes. `whole`: the provider is asked for one complete answer. */
export const Delivery = Type.Union([Type.Literal('incremental'), Type.Literal('whole')])
export type Delivery = Static<typeof Delivery>
