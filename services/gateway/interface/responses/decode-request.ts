import type { NewId } from '@parley/chassis/values/ids.ts'
import type { GenerationOptions, PromptTemplateRef, TextFormat, ToolChoice } from '@parley/kernel/generation.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { checkMetadata, invalid, unsupported } from '../schemas.ts'
import { decodeItems } from './decode-items.ts'
import { decodeTools } from './decode-tools.ts'
import type { ResponsesBody } from './schema.ts'

export interface ResponsesRequest {
  /** `model` is empty when none was asked for. */
  readonly input: RequestInput
  readonly stream: boolean
}

/**
 * `POST /v1/responses` as a request. What only this dialect knows goes into `options.native`; what cannot be honoured
 * and would change the answer is refused with UNSUPPORTED_PARAMETER.
 */
export function decodeResponsesRequest(body: ResponsesBody, newId: NewId): ResponsesRequest {
  refuseWhatIsMissing(body)
  const stream = body.stream === true
  return {
    stream,
    input: {
      model: body.model ?? '',
      instructions: body.instructions ?? null,
      prompt: decodePrompt(body.prompt),
      items: decodeItems(body.input ?? [], newId),
      options: decodeOptions(body),
      delivery: stream ? 'incremental' : 'whole',
      store: body.store ?? true,
      ...decodeContinuation(body),
      metadata: checkMetadata(body.metadata),
    },
  }
}

function decodeContinuation(body: ResponsesBody): Pick<RequestInput, 'sessionId' | 'previousResponseId'> {
  const { conversation, previous_response_id: previousResponseId = null } = body
  const sessionId = typeof conversation === 'object' ? (conversation?.id ?? null) : (conversation ?? null)
  if (sessionId !== null && previousResponseId !== null) {
    throw invalid('previous_response_id', 'Send either conversation or previous_response_id, not both.')
  }
  const continues = sessionId !== null || previousResponseId !== null || (body.prompt ?? null) !== null
  const { input = null } = body
  if ((input === null || input.length === 0) && !continues) {
    throw invalid('input', 'input is required: send a text or a list of items.')
  }
  return { sessionId, previousResponseId }
}

function decodePrompt(prompt: ResponsesBody['prompt']): PromptTemplateRef | null {
  if (prompt === null || prompt === undefined) return null
  const { id, version = null, variables } = prompt
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables ?? {})) {
    texts[name] = typeof value === 'string' ? value : value.text
  }
  return { id, version, variables: texts }
}

/** The parameters that other parts of the request hold, or that concern nobody behind the gateway. */
const handledElsewhere = new Set([
  'model',
  'input',
  'instructions',
  'conversation',
  'previous_response_id',
  'prompt',
  'metadata',
  'store',
  'stream',
  'stream_options',
  'background',
])

function decodeOptions(body: ResponsesBody): GenerationOptions {
  const native: Record<string, unknown> = {}
  const options: GenerationOptions = {}
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || handledElsewhere.has(name)) continue
    if (!decodeCommon(name, body, options, native)) native[name] = value
  }
  if (Object.keys(native).length > 0) options.native = { dialect: 'responses', parameters: native }
  return options
}

/** Returns false for a parameter that has no common meaning. All that are asked for are present and not null. */
function decodeCommon(
  name: string,
  body: ResponsesBody,
  options: GenerationOptions,
  native: Record<string, unknown>,
): boolean {
  switch (name) {
    case 'temperature':
      return assign(options, 'temperature', body.temperature)
    case 'top_p':
      return assign(options, 'topP', body.top_p)
    case 'presence_penalty':
      return assign(options, 'presencePenalty', body.presence_penalty)
    case 'frequency_penalty':
      return assign(options, 'frequencyPenalty', body.frequency_penalty)
    case 'max_output_tokens':
      return assign(options, 'maxOutputTokens', body.max_output_tokens)
    case 'parallel_tool_calls':
      return assign(options, 'parallelToolCalls', body.parallel_tool_calls)
    case 'tools': {
      const { functions, others } = decodeTools(body.tools ?? [])
      if (others.length > 0) native.tools = others
      return assign(options, 'tools', functions)
    }
    case 'tool_choice':
      return assign(options, 'toolChoice', decodeToolChoice(body))
    case 'text': {
      const { format, ...rest } = withoutNulls(body.text ?? {})
      if (Object.keys(rest).length > 0) native.text = rest
      return assign(options, 'textFormat', format as TextFormat | undefined)
    }
    case 'reasoning': {
      const { effort, ...rest } = withoutNulls(body.reasoning ?? {})
      if (Object.keys(rest).length > 0) native.reasoning = rest
      return assign(options, 'reasoningEffort', effort as string | undefined)
    }
    default:
      return false
  }
}

function assign<Name extends keyof GenerationOptions>(
  options: GenerationOptions,
  name: Name,
  value: GenerationOptions[Name] | null,
): true {
  if (value !== null && value !== undefined) options[name] = value
  return true
}

function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function decodeToolChoice({ tool_choice: choice, tools }: ResponsesBody): ToolChoice | undefined {
  if (choice === null || choice === undefined || typeof choice === 'string') return choice ?? undefined
  if (!('name' in choice)) {
    throw unsupported('tool_choice', "tool_choice can only name a function: {type: 'function', name}.")
  }
  const known = tools?.some((tool) => 'name' in tool && tool.name === choice.name) === true
  if (!known) throw invalid('tool_choice', 'tool_choice names a function that is not among tools.')
  return { type: 'function', name: choice.name }
}

function refuseWhatIsMissing({ background, top_logprobs: topLogprobs, include }: ResponsesBody): void {
  if (background === true) {
    throw unsupported(
      'background',
      'background: true is not supported. Leave it out, and send stream: true to follow along.',
    )
  }
  if ((topLogprobs ?? 0) > 0) throw unsupported('top_logprobs', 'top_logprobs is not supported. Leave it out.')
  const index = include?.indexOf('message.output_text.logprobs') ?? -1
  if (index >= 0) throw unsupported(`include[${index}]`, `include[${index}]: log probabilities are not supported.`)
}
