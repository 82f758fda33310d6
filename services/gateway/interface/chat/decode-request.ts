import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FunctionTool, GenerationOptions, TextFormat, ToolChoice } from '@parley/kernel/generation.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { checkMetadata, invalid, unsupported } from '../schemas.ts'
import { decodeMessages } from './decode-messages.ts'
import type { ChatBody, ChatFunctionTool, ChatTool, ResponseFormat } from './schema.ts'

export interface ChatRequest {
  readonly input: RequestInput
  readonly stream: boolean
  readonly includeUsage: boolean
}

/**
 * `POST /v1/chat/completions` as a request. What only this dialect knows goes into `options.native`; what cannot be
 * honoured is refused with UNSUPPORTED_PARAMETER.
 */
export function decodeChatRequest(
  body: ChatBody,
  { newId, sessionId = null }: { newId: NewId; sessionId?: string | null },
): ChatRequest {
  if (sessionId !== null && (body.n ?? 1) > 1) {
    throw unsupported(
      'n',
      'n: a conversation can only remember one answer. Leave n out, or the header x-parley-session.',
    )
  }
  const native: Record<string, unknown> = {}
  const options: GenerationOptions = {}
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue
    if (isKnown(name)) decoders[name](body, options, native)
    else native[name] = value
  }
  const store = body.store === true
  // Told even when it is empty: it marks what is kept as a chat completion.
  if (store || Object.keys(native).length > 0) options.native = { dialect: 'chat', parameters: native }
  const stream = body.stream === true
  return {
    stream,
    includeUsage: stream && body.stream_options?.include_usage === true,
    input: {
      model: body.model,
      instructions: null,
      prompt: null,
      items: decodeMessages(body.messages, newId),
      options,
      delivery: stream ? 'incremental' : 'whole',
      store,
      sessionId,
      previousResponseId: null,
      metadata: checkMetadata(body.metadata),
    },
  }
}

type Decoder = (body: ChatBody, options: GenerationOptions, native: Record<string, unknown>) => void

/** One entry per parameter that is understood; all are present and not null when their decoder runs. */
const decoders: Record<keyof ChatBody, Decoder> = {
  model: done,
  messages: done,
  stream: done,
  stream_options: done,
  metadata: done,
  temperature: (body, options) => assign(options, 'temperature', body.temperature),
  top_p: (body, options) => assign(options, 'topP', body.top_p),
  presence_penalty: (body, options) => assign(options, 'presencePenalty', body.presence_penalty),
  frequency_penalty: (body, options) => assign(options, 'frequencyPenalty', body.frequency_penalty),
  parallel_tool_calls: (body, options) => assign(options, 'parallelToolCalls', body.parallel_tool_calls),
  reasoning_effort: (body, options) => assign(options, 'reasoningEffort', body.reasoning_effort),
  max_tokens: decodeOutputLimit,
  max_completion_tokens: decodeOutputLimit,
  stop: ({ stop }, options) => assign(options, 'stop', typeof stop === 'string' ? [stop] : stop),
  tools: (body, options, native) => {
    assign(options, 'tools', decodeTools(body))
    if (body.tools?.some(saysMore) === true) native['tools'] = body.tools
  },
  tool_choice: (body, options, native) => assign(options, 'toolChoice', decodeToolChoice(body, native)),
  response_format: ({ response_format: format }, options) =>
    assign(options, 'textFormat', format && decodeFormat(format)),
  n: ({ n }, options) => assign(options, 'choices', n === 1 ? undefined : n),
  logprobs: ({ logprobs, top_logprobs: top }, options) =>
    assign(options, 'topLogprobs', logprobs === true ? (top ?? 0) : undefined),
  top_logprobs: ({ logprobs, top_logprobs: top }) => {
    if (top !== 0 && logprobs !== true) throw invalid('top_logprobs', 'top_logprobs needs logprobs: true.')
  },
  store: done,
  functions: () => refuse(true, 'functions', 'functions is no longer supported. Send tools instead.'),
  function_call: () => refuse(true, 'function_call', 'function_call is no longer supported. Send tool_choice instead.'),
}

function isKnown(name: string): name is keyof ChatBody {
  return Object.hasOwn(decoders, name)
}

function done(): void {}

function assign<Name extends keyof GenerationOptions>(
  options: GenerationOptions,
  name: Name,
  value: GenerationOptions[Name] | null,
): void {
  if (value !== null && value !== undefined) options[name] = value
}

function decodeOutputLimit(
  { max_tokens: older, max_completion_tokens: newer }: ChatBody,
  options: GenerationOptions,
): void {
  const both = typeof older === 'number' && typeof newer === 'number' && older !== newer
  refuse(both, 'max_tokens', 'max_tokens and max_completion_tokens differ. Send only max_completion_tokens.')
  assign(options, 'maxOutputTokens', newer ?? older)
}

function decodeTools({ tools }: ChatBody): FunctionTool[] | undefined {
  const functions = (tools ?? []).filter(isFunction).map(({ function: definition, ...rest }): FunctionTool => {
    const { cache_control: mark } = rest as { cache_control?: unknown }
    return { ...definition, type: 'function', ...(mark !== undefined && { cache_control: mark }) }
  })
  return functions.length === 0 ? undefined : functions
}

function isFunction(tool: ChatTool): tool is ChatFunctionTool {
  return tool.type === 'function'
}

const toolFields: ReadonlySet<string> = new Set(['type', 'function'])
const functionFields: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict'])

/** True when the common form says less of a tool than the caller did. */
function saysMore(tool: ChatTool): boolean {
  if (!isFunction(tool)) return true
  const unknown = (fields: object, known: ReadonlySet<string>) => Object.keys(fields).some((name) => !known.has(name))
  return unknown(tool, toolFields) || unknown(tool.function, functionFields)
}

function decodeToolChoice(
  { tool_choice: choice, tools }: ChatBody,
  native: Record<string, unknown>,
): ToolChoice | undefined {
  if (choice === null || choice === undefined || typeof choice === 'string') return choice ?? undefined
  if (choice.type !== 'function' || !('function' in choice)) {
    native['tool_choice'] = choice
    return undefined
  }
  const { name } = choice.function
  const known = tools?.some((tool) => isFunction(tool) && tool.function.name === name) === true
  if (!known) throw invalid('tool_choice', 'tool_choice names a function that is not among tools.')
  return { type: 'function', name }
}

function decodeFormat(format: ResponseFormat): TextFormat {
  if (format.type !== 'json_schema') return { type: format.type }
  const { schema = {}, ...rest } = format.json_schema
  return { ...rest, type: 'json_schema', schema }
}

function refuse(condition: boolean, param: string, message: string): void {
  if (condition) throw unsupported(param, message)
}
