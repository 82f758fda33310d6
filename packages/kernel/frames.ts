import { type Static, Type } from 'typebox'
import { Item, NativeFields } from './items.ts'
import { Usage } from './usage.ts'

/**
 * Steps of a generation, in order:
 *
 *   item-start (text-delta | refusal-delta | reasoning-delta | arguments-delta | native-delta)* item-end   … once per output item
 *   generation-end                                                                                         … from gpt, last
 *
 * `index` numbers output items densely from 0. The deltas of one index concatenate to what its `item-end` carries. Items
 * of several choices may overlap; those of one choice do not.
 */
export const ItemStart = Type.Object({ type: Type.Literal('item-start'), index: Type.Integer(), item: Item })
export const TextDelta = tokenDelta('text-delta')
export const RefusalDelta = tokenDelta('refusal-delta')
export const ReasoningDelta = delta('reasoning-delta')
export const ArgumentsDelta = delta('arguments-delta')
/** What only encoders of the dialect it came in understand; see `NativeFields`. Chat, when no dialect is named. */
export const NativeDelta = Type.Object({
  type: Type.Literal('native-delta'),
  index: Type.Integer(),
  dialect: Type.Optional(NativeFields.properties.dialect),
  fields: Type.Record(Type.String(), Type.Unknown()),
})
export const ItemEnd = Type.Object({ type: Type.Literal('item-end'), index: Type.Integer(), item: Item })

/** Why the model stopped. `tool-calls`: it waits for function outputs. `length`: the output limit was reached. */
export const FinishReason = Type.Union([
  Type.Literal('stop'),
  Type.Literal('length'),
  Type.Literal('tool-calls'),
  Type.Literal('content-filter'),
])
export type FinishReason = Static<typeof FinishReason>

export const GenerationEnd = Type.Object({
  type: Type.Literal('generation-end'),
  finish: FinishReason,
  usage: Usage,
  /** The provider that answered, by its configured name, and the model it says it used. */
  provider: Type.String(),
  providerModel: Type.String(),
  /** The stop sequence that the model wrote, when its provider names it. */
  stopSequence: Type.Optional(Type.String()),
  /** Why each choice ended, when there are several; `finish` is that of the first. */
  finishes: Type.Optional(Type.Array(FinishReason)),
  /** How the provider's dialect tells the end, where it says more than the fields above. */
  native: Type.Optional(NativeFields),
})
export type GenerationEnd = Static<typeof GenerationEnd>

export const OutputStep = Type.Union([
  ItemStart,
  TextDelta,
  RefusalDelta,
  ReasoningDelta,
  ArgumentsDelta,
  NativeDelta,
  ItemEnd,
])
export type OutputStep = Static<typeof OutputStep>

/** What gpt's `generate` yields. */
export const GenerationStep = Type.Union([OutputStep, GenerationEnd])
export type GenerationStep = Static<typeof GenerationStep>

export const ResponseStatus = Type.Union([
  Type.Literal('queued'),
  Type.Literal('in_progress'),
  Type.Literal('completed'),
  Type.Literal('incomplete'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
])
export type ResponseStatus = Static<typeof ResponseStatus>

/** What went wrong, in words for the caller. `code` is an error code of Parley; `status` the HTTP status it maps to. */
export const ResponseFailure = Type.Object({
  code: Type.String(),
  message: Type.String(),
  status: Type.Integer(),
})
export type ResponseFailure = Static<typeof ResponseFailure>

export const IncompleteReason = Type.Union([
  Type.Literal('max_output_tokens'),
  Type.Literal('content_filter'),
  Type.Literal('interrupted'),
])
export type IncompleteReason = Static<typeof IncompleteReason>

export const ResponseStart = Type.Object({
  type: Type.Literal('response-start'),
  /** Milliseconds since the epoch. */
  createdAt: Type.Integer(),
  model: Type.String(),
})
export const ResponseEnd = Type.Object({
  type: Type.Literal('response-end'),
  status: Type.Union([
    Type.Literal('completed'),
    Type.Literal('incomplete'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
  ]),
  finish: Type.Union([FinishReason, Type.Null()]),
  incompleteReason: Type.Union([IncompleteReason, Type.Null()]),
  failure: Type.Union([ResponseFailure, Type.Null()]),
  usage: Type.Union([Usage, Type.Null()]),
  /** Of the stop sequences asked for, the one that ended the answer, when the provider named it. */
  stopSequence: Type.Optional(Type.String()),
  /** Why each choice ended, when there are several; `finish` is that of the first. */
  finishes: Type.Optional(Type.Array(FinishReason)),
  /** How the provider's dialect tells the end, where it says more than the fields above. */
  native: Type.Optional(NativeFields),
  /** So many items at the beginning of the output are of attempts that were interrupted; absent when there are none. */
  abandonedItems: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Milliseconds since the epoch. */
  completedAt: Type.Integer(),
})
export type ResponseEnd = Static<typeof ResponseEnd>

/** Steps of a response: `response-start`, the output steps, `response-end`. */
export const ResponseStep = Type.Union([ResponseStart, OutputStep, ResponseEnd])
export type ResponseStep = Static<typeof ResponseStep>

/** One numbered, immutable step of a response: the unit of streaming and of resuming. `seq` is dense from 0. */
export const Frame = Type.Object({ seq: Type.Integer({ minimum: 0 }), step: ResponseStep })
export type Frame = Static<typeof Frame>

function delta<const T extends string>(type: T) {
  return Type.Object({ type: Type.Literal(type), index: Type.Integer(), delta: Type.String() })
}

/** `logprobs`: of the tokens of the delta, as the provider gives them, when they were asked for. */
function tokenDelta<const T extends string>(type: T) {
  const { properties } = delta(type)
  return Type.Object({ ...properties, logprobs: Type.Optional(Type.Array(Type.Unknown())) })
}
