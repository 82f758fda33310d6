import { type Static, Type } from 'typebox'
import { FunctionName, JsonObject, Maybe, Metadata, Nullable } from '../schemas.ts'

const CacheBreakpoint = Type.Optional(Type.Unknown())

export const ChatPart = Type.Union([
  Type.Object({ type: Type.Literal('text'), text: Type.String(), prompt_cache_breakpoint: CacheBreakpoint }),
  Type.Object({ type: Type.Literal('refusal'), refusal: Type.String() }),
  Type.Object({
    type: Type.Literal('image_url'),
    image_url: Type.Object({ url: Type.String({ minLength: 1 }), detail: Type.Optional(Type.String()) }),
  }),
  Type.Object({ type: Type.Literal('input_audio'), input_audio: JsonObject }),
  Type.Object({
    type: Type.Literal('file'),
    file: Type.Object({
      file_id: Type.Optional(Type.String()),
      file_data: Type.Optional(Type.String()),
      filename: Type.Optional(Type.String()),
    }),
  }),
])
export type ChatPart = Static<typeof ChatPart>

const Content = Type.Union([Type.String(), Type.Array(ChatPart, { minItems: 1 })])
const Name = Maybe(Type.String())

export const ChatToolCall = Type.Object({
  id: Type.String({ minLength: 1 }),
  type: Type.Optional(Type.String()),
  function: Type.Object({ name: Type.String({ minLength: 1 }), arguments: Type.String() }),
})
export type ChatToolCall = Static<typeof ChatToolCall>

/** Of a custom tool, which takes any text. */
export const ChatCustomCall = Type.Object({
  id: Type.String({ minLength: 1 }),
  type: Type.Literal('custom'),
  custom: Type.Object({ name: Type.String({ minLength: 1 }), input: Type.String() }),
})
export type ChatCustomCall = Static<typeof ChatCustomCall>
const AnyToolCall = Type.Union([ChatToolCall, ChatCustomCall])

export const AssistantMessage = Type.Object({
  role: Type.Literal('assistant'),
  content: Maybe(Content),
  refusal: Maybe(Type.String()),
  tool_calls: Maybe(Type.Array(AnyToolCall)),
  name: Name,
})
export type AssistantMessage = Static<typeof AssistantMessage>

export const ToolMessage = Type.Object({
  role: Type.Literal('tool'),
  content: Content,
  tool_call_id: Type.String({ minLength: 1 }),
})
export type ToolMessage = Static<typeof ToolMessage>

const InputMessage = <const R extends string>(role: R) =>
  Type.Object({ role: Type.Literal(role), content: Content, name: Name })

export const ChatMessage = Type.Union([
  InputMessage('user'),
  AssistantMessage,
  InputMessage('system'),
  InputMessage('developer'),
  ToolMessage,
])
export type ChatMessage = Static<typeof ChatMessage>

const FunctionTool = Type.Object({
  type: Type.Literal('function'),
  function: Type.Object({
    name: FunctionName,
    description: Maybe(Type.String()),
    parameters: Maybe(JsonObject),
    strict: Maybe(Type.Boolean()),
  }),
})
export type ChatFunctionTool = Static<typeof FunctionTool>
/** A tool that takes any text, or one of a grammar. Its description and format are the provider's to judge. */
const CustomTool = Type.Object({
  type: Type.Literal('custom'),
  custom: Type.Object({ name: FunctionName }),
})
export const ChatTool = Type.Union([FunctionTool, CustomTool])
export type ChatTool = Static<typeof ChatTool>

export const ChatToolChoice = Type.Union([
  Type.Literal('none'),
  Type.Literal('auto'),
  Type.Literal('required'),
  Type.Object({ type: Type.Literal('function'), function: Type.Object({ name: Type.String() }) }),
  Type.Object({ type: Type.Literal('custom'), custom: Type.Object({ name: Type.String() }) }),
  Type.Object({ type: Type.Literal('allowed_tools'), allowed_tools: JsonObject }),
])
export type ChatToolChoice = Static<typeof ChatToolChoice>

export const ResponseFormat = Type.Union([
  Type.Object({ type: Type.Literal('text') }),
  Type.Object({ type: Type.Literal('json_object') }),
  Type.Object({
    type: Type.Literal('json_schema'),
    json_schema: Type.Object({
      name: FunctionName,
      schema: Type.Optional(JsonObject),
      description: Maybe(Type.String()),
      strict: Maybe(Type.Boolean()),
    }),
  }),
])
export type ResponseFormat = Static<typeof ResponseFormat>

/** The body of `POST /v1/chat/completions`. Parameters not named here pass through to providers of this dialect. */
export const ChatBody = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 256 }),
  messages: Type.Array(ChatMessage, { minItems: 1 }),
  temperature: Maybe(Type.Number({ minimum: 0, maximum: 2 })),
  top_p: Maybe(Type.Number({ minimum: 0, maximum: 1 })),
  presence_penalty: Maybe(Type.Number({ minimum: -2, maximum: 2 })),
  frequency_penalty: Maybe(Type.Number({ minimum: -2, maximum: 2 })),
  max_tokens: Maybe(Type.Integer({ minimum: 1 })),
  max_completion_tokens: Maybe(Type.Integer({ minimum: 1 })),
  stop: Maybe(Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { maxItems: 16 })])),
  tools: Maybe(Type.Array(ChatTool, { maxItems: 128 })),
  tool_choice: Maybe(ChatToolChoice),
  parallel_tool_calls: Maybe(Type.Boolean()),
  response_format: Maybe(ResponseFormat),
  reasoning_effort: Maybe(Type.String()),
  stream: Maybe(Type.Boolean()),
  stream_options: Maybe(Type.Object({ include_usage: Maybe(Type.Boolean()) })),
  metadata: Maybe(Metadata),
  n: Maybe(Type.Integer({ minimum: 1, maximum: 128 })),
  logprobs: Maybe(Type.Boolean()),
  top_logprobs: Maybe(Type.Integer({ minimum: 0, maximum: 20 })),
  store: Maybe(Type.Boolean()),
  functions: Maybe(Type.Array(Type.Unknown())),
  function_call: Maybe(Type.Unknown()),
})
export type ChatBody = Static<typeof ChatBody>

const Usage = Type.Object({
  prompt_tokens: Type.Integer(),
  completion_tokens: Type.Integer(),
  total_tokens: Type.Integer(),
  prompt_tokens_details: JsonObject,
  completion_tokens_details: JsonObject,
})

export const ChatCompletion = Type.Object({
  id: Type.String(),
  object: Type.Literal('chat.completion'),
  created: Type.Integer(),
  model: Type.String(),
  choices: Type.Array(
    Type.Object({
      index: Type.Integer(),
      message: Type.Object({
        role: Type.Literal('assistant'),
        content: Nullable(Type.String()),
        refusal: Nullable(Type.String()),
        annotations: Type.Array(Type.Unknown()),
        tool_calls: Type.Optional(Type.Array(AnyToolCall)),
      }),
      logprobs: Nullable(JsonObject),
      finish_reason: Type.String(),
    }),
  ),
  usage: Type.Optional(Usage),
  /** Of a stored completion. */
  metadata: Type.Optional(Metadata),
})
