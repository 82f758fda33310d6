import { type Static, Type } from 'typebox'
import { FunctionName, Id, JsonObject, Maybe, Metadata, Nullable } from '../schemas.ts'

const ItemStatus = Maybe(
  Type.Union([Type.Literal('in_progress'), Type.Literal('completed'), Type.Literal('incomplete')]),
)

export const InputPart = Type.Union([
  Type.Object({ type: Type.Literal('input_text'), text: Type.String() }),
  Type.Object({
    type: Type.Literal('output_text'),
    text: Type.String(),
    annotations: Maybe(Type.Array(Type.Unknown())),
  }),
  Type.Object({ type: Type.Literal('refusal'), refusal: Type.String() }),
  Type.Object({
    type: Type.Literal('input_image'),
    image_url: Maybe(Type.String()),
    file_id: Maybe(Type.String()),
    detail: Maybe(Type.String()),
  }),
  Type.Object({
    type: Type.Literal('input_file'),
    file_id: Maybe(Type.String()),
    file_data: Maybe(Type.String()),
    file_url: Maybe(Type.String()),
    filename: Maybe(Type.String()),
  }),
  Type.Object({ type: Type.Literal('input_audio'), input_audio: JsonObject }),
])
export type InputPart = Static<typeof InputPart>

const MessageRole = Type.Union([
  Type.Literal('user'),
  Type.Literal('assistant'),
  Type.Literal('system'),
  Type.Literal('developer'),
])

/** Client-made ids are kept. */
const ItemId = Maybe(Id)

export const InputMessage = Type.Object({
  type: Type.Optional(Type.Literal('message')),
  id: ItemId,
  status: ItemStatus,
  role: MessageRole,
  content: Type.Union([Type.String(), Type.Array(InputPart)]),
})
export type InputMessage = Static<typeof InputMessage>

const callFields = {
  id: ItemId,
  status: ItemStatus,
  call_id: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
}
const callOutputFields = {
  id: ItemId,
  status: ItemStatus,
  call_id: Type.String({ minLength: 1 }),
  output: Type.Union([Type.String(), Type.Array(InputPart)]),
}

export const InputFunctionCall = Type.Object({
  type: Type.Literal('function_call'),
  ...callFields,
  arguments: Type.String(),
})

export const InputFunctionOutput = Type.Object({ type: Type.Literal('function_call_output'), ...callOutputFields })

/** The call of a tool that takes any text. */
export const InputCustomCall = Type.Object({
  type: Type.Literal('custom_tool_call'),
  ...callFields,
  input: Type.String(),
})

export const InputCustomOutput = Type.Object({ type: Type.Literal('custom_tool_call_output'), ...callOutputFields })

export const InputReasoning = Type.Object({
  type: Type.Literal('reasoning'),
  id: ItemId,
  status: ItemStatus,
  summary: Type.Array(Type.Object({ type: Type.Literal('summary_text'), text: Type.String() })),
  content: Maybe(Type.Array(Type.Object({ type: Type.Literal('reasoning_text'), text: Type.String() }))),
  encrypted_content: Maybe(Type.String()),
})

/** What `POST /v1/responses/compact` made of earlier turns. */
export const InputCompaction = Type.Object({
  type: Type.Literal('compaction'),
  id: ItemId,
  encrypted_content: Type.String({ minLength: 1 }),
})

/** What a provider's own tool did, as it was told. Only providers of this dialect read it. */
export const InputHosted = Type.Object({
  type: Type.Union([
    Type.Literal('web_search_call'),
    Type.Literal('file_search_call'),
    Type.Literal('code_interpreter_call'),
    Type.Literal('image_generation_call'),
    Type.Literal('mcp_list_tools'),
    Type.Literal('mcp_call'),
  ]),
  id: ItemId,
})

/** An item that a stored response has written, by its id. */
export const InputReference = Type.Object({ type: Type.Literal('item_reference'), id: Id })
export type InputReference = Static<typeof InputReference>

export const InputItem = Type.Union([
  InputMessage,
  InputFunctionCall,
  InputFunctionOutput,
  InputCustomCall,
  InputCustomOutput,
  InputReasoning,
  InputCompaction,
  InputHosted,
  InputReference,
])

/** Items that are there themselves, as a conversation keeps them. */
export const WholeItem = Type.Union([
  InputMessage,
  InputFunctionCall,
  InputFunctionOutput,
  InputCustomCall,
  InputCustomOutput,
  InputReasoning,
  InputCompaction,
  InputHosted,
])
export type InputItem = Static<typeof InputItem>

/** Hosted tools, of which there are ever more. */
const OtherType = Type.String({ pattern: '^(?!function$)' })

const FunctionTool = Type.Object({
  type: Type.Literal('function'),
  name: FunctionName,
  description: Maybe(Type.String()),
  parameters: Maybe(JsonObject),
  strict: Maybe(Type.Boolean()),
})

const TextFormat = Type.Union([
  Type.Object({ type: Type.Literal('text') }),
  Type.Object({ type: Type.Literal('json_object') }),
  Type.Object({
    type: Type.Literal('json_schema'),
    name: FunctionName,
    schema: JsonObject,
    description: Maybe(Type.String()),
    strict: Maybe(Type.Boolean()),
  }),
])

const ToolChoice = Type.Union([
  Type.Literal('none'),
  Type.Literal('auto'),
  Type.Literal('required'),
  Type.Object({ type: Type.Literal('function'), name: Type.String() }),
  Type.Object({
    type: Type.Literal('allowed_tools'),
    mode: Maybe(Type.Union([Type.Literal('auto'), Type.Literal('required')])),
    tools: Type.Array(Type.Object({ type: Type.String(), name: Type.Optional(Type.String()) }), {
      minItems: 1,
      maxItems: 128,
    }),
  }),
  Type.Object({ type: Type.String({ pattern: '^(?!(?:function|allowed_tools)$)' }) }),
])

const PromptVariable = Type.Union([
  Type.String(),
  Type.Object({ type: Type.Literal('input_text'), text: Type.String() }),
])

const ModerationSide = Maybe(Type.Object({ mode: Type.String() }))

/** The body of `POST /v1/responses`. Parameters not named here pass through to providers of this dialect. */
export const ResponsesBody = Type.Object({
  model: Maybe(Type.String({ minLength: 1, maxLength: 256 })),
  input: Maybe(Type.Union([Type.String(), Type.Array(InputItem)])),
  instructions: Maybe(Type.String()),
  conversation: Maybe(Type.Union([Id, Type.Object({ id: Id })])),
  previous_response_id: Maybe(Id),
  prompt: Maybe(
    Type.Object({
      id: Type.String({ minLength: 1, maxLength: 256 }),
      version: Maybe(Type.String()),
      variables: Maybe(Type.Record(Type.String(), PromptVariable)),
    }),
  ),
  metadata: Maybe(Metadata),
  store: Maybe(Type.Boolean()),
  stream: Maybe(Type.Boolean()),
  stream_options: Maybe(JsonObject),
  background: Maybe(Type.Boolean()),
  include: Maybe(Type.Array(Type.String())),
  temperature: Maybe(Type.Number({ minimum: 0, maximum: 2 })),
  top_p: Maybe(Type.Number({ minimum: 0, maximum: 1 })),
  presence_penalty: Maybe(Type.Number({ minimum: -2, maximum: 2 })),
  frequency_penalty: Maybe(Type.Number({ minimum: -2, maximum: 2 })),
  max_output_tokens: Maybe(Type.Integer({ minimum: 1 })),
  top_logprobs: Maybe(Type.Integer({ minimum: 0, maximum: 20 })),
  tools: Maybe(Type.Array(Type.Union([FunctionTool, Type.Object({ type: OtherType })]), { maxItems: 128 })),
  tool_choice: Maybe(ToolChoice),
  parallel_tool_calls: Maybe(Type.Boolean()),
  text: Maybe(Type.Object({ format: Maybe(TextFormat), verbosity: Maybe(Type.String()) })),
  reasoning: Maybe(Type.Object({ effort: Maybe(Type.String()), summary: Maybe(Type.String()) })),
  truncation: Maybe(Type.Union([Type.Literal('auto'), Type.Literal('disabled')])),
  context_management: Maybe(
    Type.Array(Type.Object({ type: Type.String(), compact_threshold: Maybe(Type.Integer({ minimum: 0 })) })),
  ),
  max_tool_calls: Maybe(Type.Integer({ minimum: 0 })),
  moderation: Maybe(Type.Object({ policy: Maybe(Type.Object({ input: ModerationSide, output: ModerationSide })) })),
  access_programs: Maybe(Type.Object({ cyber: Maybe(Type.String()) })),
  service_tier: Maybe(Type.String()),
  prompt_cache_key: Maybe(Type.String()),
  prompt_cache_retention: Maybe(Type.String()),
  prompt_cache_options: Maybe(JsonObject),
  safety_identifier: Maybe(Type.String({ maxLength: 128 })),
  user: Maybe(Type.String()),
})
export type ResponsesBody = Static<typeof ResponsesBody>

const Text = Type.String()
const Nothing = Type.Null()

/** What every response object has, whatever its state. */
export const ResponseObject = Type.Object({
  id: Text,
  object: Type.Literal('response'),
  created_at: Type.Integer(),
  status: Text,
  background: Type.Boolean(),
  completed_at: Nullable(Type.Integer()),
  error: Nullable(Type.Object({ code: Text, message: Text })),
  incomplete_details: Nullable(Type.Object({ reason: Text })),
  instructions: Nullable(Text),
  max_output_tokens: Nullable(Type.Integer()),
  max_tool_calls: Nullable(Type.Integer()),
  model: Text,
  output: Type.Array(JsonObject),
  parallel_tool_calls: Type.Boolean(),
  previous_response_id: Nullable(Text),
  conversation: Nullable(Type.Object({ id: Text })),
  prompt_cache_key: Nullable(Text),
  reasoning: Type.Object({ effort: Nullable(Text), summary: Nullable(Text) }),
  safety_identifier: Nullable(Text),
  service_tier: Text,
  store: Type.Boolean(),
  temperature: Type.Number(),
  top_p: Type.Number(),
  presence_penalty: Type.Number(),
  frequency_penalty: Type.Number(),
  top_logprobs: Type.Integer(),
  text: JsonObject,
  tool_choice: Type.Unknown(),
  tools: Type.Array(JsonObject),
  truncation: Text,
  usage: Nullable(JsonObject),
  metadata: Metadata,
  prompt: Nullable(JsonObject),
  access_programs: Nothing,
})

export const DeletedResponse = Type.Object({ id: Text, object: Type.Literal('response'), deleted: Type.Boolean() })
