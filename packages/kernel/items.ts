import { type Static, Type } from 'typebox'

/** What a dialect says of something and no other understands. Encoders of the same dialect say it again. */
export const NativeFields = Type.Object({
  dialect: Type.Union([
    Type.Literal('chat'),
    Type.Literal('messages'),
    Type.Literal('responses'),
    Type.Literal('embeddings'),
  ]),
  fields: Type.Record(Type.String(), Type.Unknown()),
})
export type NativeFields = Static<typeof NativeFields>

/** Of a part that came in a richer form than these schemas have. */
const Native = { native: Type.Optional(NativeFields) }

/**
 * Items: the entries of a session and the input and output of a response. Their shape is the public one of the Open
 * Responses specification, field names included, so that the dialects that speak it need no translation.
 *
 * Parts and items may carry fields that Parley does not know; they are kept as they came.
 */
export const InputTextPart = Type.Object({ ...Native, type: Type.Literal('input_text'), text: Type.String() })
export const OutputTextPart = Type.Object({
  ...Native,
  type: Type.Literal('output_text'),
  text: Type.String(),
  annotations: Type.Optional(Type.Array(Type.Unknown())),
  logprobs: Type.Optional(Type.Array(Type.Unknown())),
})
export const RefusalPart = Type.Object({
  ...Native,
  type: Type.Literal('refusal'),
  refusal: Type.String(),
  logprobs: Type.Optional(Type.Array(Type.Unknown())),
})
export const InputImagePart = Type.Object({
  ...Native,
  type: Type.Literal('input_image'),
  image_url: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  file_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  detail: Type.Optional(Type.String()),
})
export const InputFilePart = Type.Object({
  ...Native,
  type: Type.Literal('input_file'),
  file_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  file_data: Type.Optional(Type.String()),
  file_url: Type.Optional(Type.String()),
  filename: Type.Optional(Type.String()),
})
/** `input_audio` and `data` parts of chat pass through to providers that take them. */
export const InputAudioPart = Type.Object({
  ...Native,
  type: Type.Literal('input_audio'),
  input_audio: Type.Unknown(),
})

export const ContentPart = Type.Union([
  InputTextPart,
  OutputTextPart,
  RefusalPart,
  InputImagePart,
  InputFilePart,
  InputAudioPart,
])
export type ContentPart = Static<typeof ContentPart>

export const ItemStatus = Type.Union([
  Type.Literal('in_progress'),
  Type.Literal('completed'),
  Type.Literal('incomplete'),
])
export type ItemStatus = Static<typeof ItemStatus>

const Identity = { id: Type.String(), status: Type.Optional(ItemStatus), ...Native }

/** Of several answers to one request, the one that an output item belongs to; absent for the first. */
const Choice = { choice: Type.Optional(Type.Integer({ minimum: 1 })) }

export const MessageRole = Type.Union([
  Type.Literal('user'),
  Type.Literal('assistant'),
  Type.Literal('system'),
  Type.Literal('developer'),
])
export type MessageRole = Static<typeof MessageRole>

export const MessageItem = Type.Object({
  ...Identity,
  ...Choice,
  type: Type.Literal('message'),
  role: MessageRole,
  content: Type.Array(ContentPart),
  /** Chat's optional participant name. */
  name: Type.Optional(Type.String()),
})
export type MessageItem = Static<typeof MessageItem>

/** The call, or its output, is of a custom tool, which takes any text. */
const Custom = { custom: Type.Optional(Type.Literal(true)) }

export const FunctionCallItem = Type.Object({
  ...Identity,
  ...Choice,
  type: Type.Literal('function_call'),
  call_id: Type.String(),
  name: Type.String(),
  /** JSON text exactly as the model wrote it; it may be invalid JSON. Of a custom tool, any text. */
  arguments: Type.String(),
  ...Custom,
})
export type FunctionCallItem = Static<typeof FunctionCallItem>

export const FunctionOutputItem = Type.Object({
  ...Identity,
  type: Type.Literal('function_call_output'),
  call_id: Type.String(),
  ...Custom,
  output: Type.Union([Type.String(), Type.Array(ContentPart)]),
})
export type FunctionOutputItem = Static<typeof FunctionOutputItem>

export const ReasoningItem = Type.Object({
  ...Identity,
  ...Choice,
  type: Type.Literal('reasoning'),
  summary: Type.Array(Type.Object({ type: Type.Literal('summary_text'), text: Type.String() })),
  content: Type.Optional(Type.Array(Type.Object({ type: Type.Literal('reasoning_text'), text: Type.String() }))),
  encrypted_content: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  /** What a provider signed the text with, and wants to see again with it. */
  signature: Type.Optional(Type.String()),
})
export type ReasoningItem = Static<typeof ReasoningItem>

export const Item = Type.Union([MessageItem, FunctionCallItem, FunctionOutputItem, ReasoningItem])
export type Item = Static<typeof Item>

/** The text a reader would see of an item: message text, a call's arguments, a function's output. */
export function itemText(item: Item): string {
  switch (item.type) {
    case 'message':
      return partsText(item.content)
    case 'function_call':
      return item.arguments
    case 'function_call_output':
      return typeof item.output === 'string' ? item.output : partsText(item.output)
    case 'reasoning':
      return item.summary.map((part) => part.text).join('\n')
  }
}

function partsText(parts: readonly ContentPart[]): string {
  let text = ''
  for (const part of parts) {
    if (part.type === 'input_text' || part.type === 'output_text') text += part.text
    else if (part.type === 'refusal') text += part.refusal
  }
  return text
}
