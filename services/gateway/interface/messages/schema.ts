import { type Static, Type } from 'typebox'
import { FunctionName, JsonObject, Maybe, Nullable } from '../schemas.ts'

/** A cache mark; kept on what it marks, for providers that know such marks. */
const CacheControl = Maybe(JsonObject)
const Citations = Maybe(Type.Object({ enabled: Maybe(Type.Boolean()) }))

export const TextBlock = Type.Object({
  type: Type.Literal('text'),
  text: Type.String(),
  cache_control: CacheControl,
  citations: Maybe(Type.Array(Type.Unknown())),
})
export type TextBlock = Static<typeof TextBlock>

const Base64Source = Type.Object({
  type: Type.Literal('base64'),
  media_type: Type.String({ pattern: '^[a-z]+/[a-zA-Z0-9.+-]{1,100}$' }),
  data: Type.String({ minLength: 1 }),
})
const UrlSource = Type.Object({ type: Type.Literal('url'), url: Type.String({ minLength: 1 }) })
const FileSource = Type.Object({ type: Type.Literal('file'), file_id: Type.String({ minLength: 1 }) })

export const ImageBlock = Type.Object({
  type: Type.Literal('image'),
  source: Type.Union([Base64Source, UrlSource, FileSource]),
  cache_control: CacheControl,
  transformations: Maybe(Type.Unknown()),
})
export type ImageBlock = Static<typeof ImageBlock>

export const DocumentBlock = Type.Object({
  type: Type.Literal('document'),
  source: Type.Union([
    Base64Source,
    UrlSource,
    FileSource,
    Type.Object({ type: Type.Literal('text'), media_type: Type.Literal('text/plain'), data: Type.String() }),
    Type.Object({
      type: Type.Literal('content'),
      content: Type.Union([Type.String(), Type.Array(Type.Union([TextBlock, ImageBlock]))]),
    }),
  ]),
  title: Maybe(Type.String()),
  context: Maybe(Type.String()),
  citations: Citations,
  cache_control: CacheControl,
})
export type DocumentBlock = Static<typeof DocumentBlock>

export const SearchResultBlock = Type.Object({
  type: Type.Literal('search_result'),
  title: Type.String(),
  source: Type.String(),
  content: Type.Array(TextBlock),
  citations: Citations,
  cache_control: CacheControl,
})
export type SearchResultBlock = Static<typeof SearchResultBlock>

/** Blocks of tools that run at Anthropic, of which there are ever more. */
const ForeignBlock = Type.Object({
  type: Type.String({
    pattern:
      '^(?!(?:text|image|document|search_result|tool_use|tool_result|thinking|redacted_thinking)$)[a-z0-9_]{1,100}$',
  }),
})
export type ForeignBlock = Static<typeof ForeignBlock>

export const ResultPart = Type.Union([TextBlock, ImageBlock, DocumentBlock, SearchResultBlock, ForeignBlock])
export type ResultPart = Static<typeof ResultPart>

export const ToolResultBlock = Type.Object({
  type: Type.Literal('tool_result'),
  tool_use_id: Type.String({ minLength: 1 }),
  content: Maybe(Type.Union([Type.String(), Type.Array(ResultPart)])),
  is_error: Maybe(Type.Boolean()),
  cache_control: CacheControl,
})
export type ToolResultBlock = Static<typeof ToolResultBlock>

export const ToolUseBlock = Type.Object({
  type: Type.Literal('tool_use'),
  id: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  input: JsonObject,
  cache_control: CacheControl,
})
export type ToolUseBlock = Static<typeof ToolUseBlock>

export const ThinkingBlock = Type.Object({
  type: Type.Literal('thinking'),
  thinking: Type.String(),
  signature: Maybe(Type.String()),
})
export type ThinkingBlock = Static<typeof ThinkingBlock>
export const RedactedThinkingBlock = Type.Object({ type: Type.Literal('redacted_thinking'), data: Type.String() })
export type RedactedThinkingBlock = Static<typeof RedactedThinkingBlock>

export const UserBlock = Type.Union([
  TextBlock,
  ImageBlock,
  DocumentBlock,
  SearchResultBlock,
  ToolResultBlock,
  ForeignBlock,
])
export type UserBlock = Static<typeof UserBlock>

export const AssistantBlock = Type.Union([TextBlock, ToolUseBlock, ThinkingBlock, RedactedThinkingBlock, ForeignBlock])
export type AssistantBlock = Static<typeof AssistantBlock>

export const MessageParam = Type.Union([
  Type.Object({ role: Type.Literal('user'), content: Type.Union([Type.String(), Type.Array(UserBlock)]) }),
  Type.Object({ role: Type.Literal('assistant'), content: Type.Union([Type.String(), Type.Array(AssistantBlock)]) }),
  Type.Object({ role: Type.Literal('system'), content: Type.Union([Type.String(), Type.Array(TextBlock)]) }),
])
export type MessageParam = Static<typeof MessageParam>

/** A tool of the caller's own, or one of Anthropic's, which is told by its `type`. */
export const MessagesTool = Type.Object({
  type: Maybe(Type.String()),
  name: Maybe(FunctionName),
  description: Maybe(Type.String()),
  input_schema: Maybe(JsonObject),
  strict: Maybe(Type.Boolean()),
  cache_control: CacheControl,
})
export type MessagesTool = Static<typeof MessagesTool>

const Parallel = { disable_parallel_tool_use: Maybe(Type.Boolean()) }
export const MessagesToolChoice = Type.Union([
  Type.Object({ type: Type.Literal('auto'), ...Parallel }),
  Type.Object({ type: Type.Literal('any'), ...Parallel }),
  Type.Object({ type: Type.Literal('tool'), name: Type.String(), ...Parallel }),
  Type.Object({ type: Type.Literal('none') }),
])

const Thinking = Type.Object({
  type: Type.Union([
    Type.Literal('enabled'),
    Type.Literal('adaptive'),
    Type.Literal('between_tools'),
    Type.Literal('disabled'),
  ]),
  budget_tokens: Maybe(Type.Integer({ minimum: 1 })),
  display: Maybe(Type.Union([Type.Literal('summarized'), Type.Literal('omitted')])),
})

const OutputFormat = Type.Object({ type: Type.Literal('json_schema'), schema: JsonObject })
const Effort = Type.Union([
  Type.Literal('low'),
  Type.Literal('medium'),
  Type.Literal('high'),
  Type.Literal('xhigh'),
  Type.Literal('max'),
])

const conversation = {
  model: Type.String({ minLength: 1, maxLength: 256 }),
  messages: Type.Array(MessageParam, { minItems: 1, maxItems: 100_000 }),
  system: Maybe(Type.Union([Type.String(), Type.Array(TextBlock)])),
  tools: Maybe(Type.Array(MessagesTool, { maxItems: 128 })),
  tool_choice: Maybe(MessagesToolChoice),
  thinking: Maybe(Thinking),
  output_config: Maybe(Type.Object({ effort: Maybe(Effort), format: Maybe(OutputFormat) })),
}

/** The body of `POST /v1/messages/count_tokens`. */
export const CountBody = Type.Object(conversation)
export type CountBody = Static<typeof CountBody>

/** The body of `POST /v1/messages`. Parameters not named here pass through to providers of this dialect. */
export const MessagesBody = Type.Object({
  ...conversation,
  max_tokens: Type.Integer({ minimum: 1 }),
  stream: Maybe(Type.Boolean()),
  stop_sequences: Maybe(Type.Array(Type.String({ minLength: 1 }), { maxItems: 16 })),
  temperature: Maybe(Type.Number({ minimum: 0, maximum: 1 })),
  top_p: Maybe(Type.Number({ minimum: 0, maximum: 1 })),
  top_k: Maybe(Type.Integer({ minimum: 0 })),
  metadata: Maybe(Type.Object({ user_id: Maybe(Type.String({ maxLength: 512 })) })),
  output_format: Maybe(OutputFormat),
  container: Maybe(Type.Unknown()),
  mcp_servers: Maybe(Type.Array(Type.Unknown())),
  inference_geo: Maybe(Type.String()),
})
export type MessagesBody = Static<typeof MessagesBody>

export const Message = Type.Object({
  id: Type.String(),
  type: Type.Literal('message'),
  role: Type.Literal('assistant'),
  model: Type.String(),
  content: Type.Array(Type.Object({ type: Type.String() })),
  stop_reason: Nullable(Type.String()),
  stop_sequence: Nullable(Type.String()),
  usage: Type.Object({ input_tokens: Type.Integer(), output_tokens: Type.Integer() }),
})
