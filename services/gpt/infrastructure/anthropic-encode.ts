import type { FunctionTool, GenerationOptions } from '@parley/kernel/generation.ts'
import type { ModelRequest } from '../application/ports.ts'
import { outputTokensOf } from '../domain/context-windows.ts'
import { marks } from './anthropic-blocks.ts'
import { encodeConversation } from './anthropic-messages.ts'
import { type TranslatedParameters, translateParameters } from './anthropic-parameters.ts'
import { type JsonObject, stringOf } from './json-values.ts'
import { unsupported } from './unsupported.ts'

export interface EncodedMessages {
  readonly body: string
  /** Headers that a caller of this dialect has asked for, names and values in turn. */
  readonly headers: readonly string[]
}

/** The longest answer asked for when neither the caller nor anybody's documentation says how long one may be. */
const outputTokensDefault = 4_096

/**
 * The body of `POST /v1/messages`. Parameters of the caller's own that came in this dialect are sent as they came, unless
 * Parley sets the same one. Throws UNSUPPORTED_PARAMETER for what the dialect cannot express.
 */
export function encodeMessagesBody(request: ModelRequest): EncodedMessages {
  const { options, providerModel, delivery } = request
  refuseWhatIsMissing(options)
  return seal({
    ...encodeCommon(request),
    max_tokens: options.maxOutputTokens ?? outputTokensOf(providerModel) ?? outputTokensDefault,
    stream: delivery === 'incremental' ? true : undefined,
  })
}

/** The body of `POST /v1/messages/count_tokens`: what of a request is counted. */
export function encodeCountBody(request: ModelRequest): EncodedMessages {
  const counted = Object.entries(encodeCommon(request)).filter(([name]) => countedFields.has(name))
  return seal(Object.fromEntries(counted))
}

/** The version of the dialect and its betas are told in headers, which come along as parameters. */
function seal({ [betaHeader]: betas, [versionHeader]: version, ...body }: JsonObject): EncodedMessages {
  const headers = [versionHeader, stringOf(version) || versionDefault]
  if (stringOf(betas) !== '') headers.push(betaHeader, stringOf(betas))
  return { body: JSON.stringify(body), headers }
}

const betaHeader = 'anthropic-beta'
const versionHeader = 'anthropic-version'
/** For callers of other dialects. */
const versionDefault = '2023-06-01'

const countedFields: ReadonlySet<string> = new Set([
  betaHeader,
  versionHeader,
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'cache_control',
  'mcp_servers',
  'context_management',
])

function encodeCommon(request: ModelRequest): JsonObject {
  const { options, providerModel } = request
  const translated = translateParameters(options.native)
  const { system, messages } = encodeConversation(request)
  const tools = (translated.isOwn ? translated.parameters['tools'] : undefined) ?? options.tools?.map(encodeTool)
  return {
    ...translated.parameters,
    model: providerModel,
    system,
    messages,
    temperature: options.temperature,
    top_p: options.topP,
    stop_sequences: options.stop,
    tools,
    tool_choice: tools === undefined ? undefined : encodeToolChoice(options),
    ...encodeOutput(options, translated),
  }
}

function refuseWhatIsMissing(options: GenerationOptions): void {
  const { temperature, presencePenalty, frequencyPenalty, choices, topLogprobs, textFormat } = options
  if ((temperature ?? 0) > 1) throw unsupported('temperature', 'a temperature above 1; send one from 0 to 1')
  if ((presencePenalty ?? 0) !== 0) throw unsupported('presence_penalty', 'presence_penalty; leave it out')
  if ((frequencyPenalty ?? 0) !== 0) throw unsupported('frequency_penalty', 'frequency_penalty; leave it out')
  if ((choices ?? 1) > 1) throw unsupported('n', 'n; send the request several times')
  if (topLogprobs !== undefined) throw unsupported('logprobs', 'logprobs; leave it out')
  if (textFormat?.type === 'json_object') {
    throw unsupported('response_format', 'JSON without a schema; send a json_schema')
  }
}

function encodeTool(tool: FunctionTool): JsonObject {
  const { name, description, parameters, strict } = tool
  return {
    name,
    description: description ?? undefined,
    input_schema: parameters ?? { type: 'object', properties: {} },
    strict: strict ?? undefined,
    ...marks(tool),
  }
}

function encodeToolChoice({ toolChoice, parallelToolCalls }: GenerationOptions): JsonObject | undefined {
  const single = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice === undefined) return parallelToolCalls === false ? { type: 'auto', ...single } : undefined
  if (typeof toolChoice === 'object') return { type: 'tool', name: toolChoice.name, ...single }
  if (toolChoice === 'none') return { type: 'none' }
  return { type: toolChoice === 'required' ? 'any' : 'auto', ...single }
}

/** Efforts of other dialects that this one has no word for. `none`: no thinking at all. */
const efforts: Readonly<Record<string, string>> = { minimal: 'low' }

/** What this dialect says of the form of an answer and of the effort put into it, unless the caller has said it so. */
function encodeOutput(
  { textFormat, reasoningEffort }: GenerationOptions,
  { isOwn, parameters }: TranslatedParameters,
): JsonObject {
  if (isOwn) return {}
  const format = textFormat?.type === 'json_schema' ? { type: 'json_schema', schema: textFormat.schema } : undefined
  const thinks = reasoningEffort !== undefined && reasoningEffort !== 'none'
  const effort = thinks ? (efforts[reasoningEffort] ?? reasoningEffort) : undefined
  return {
    output_config: format === undefined && effort === undefined ? undefined : { effort, format },
    thinking: reasoningEffort === 'none' ? { type: 'disabled' } : parameters['thinking'],
  }
}
