import type { ErrorCode } from '@parley/chassis/values/errors.ts'
import type { ResponseFailure } from '@parley/kernel/frames.ts'
import type { FunctionTool, GenerationOptions } from '@parley/kernel/generation.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { Accepted, RequestInput } from '@parley/request/contract.ts'
import type { Response } from '@parley/response/contract.ts'
import type { Outcome } from '../output-accumulator.ts'
import { toSeconds } from '../schemas.ts'
import { encodeItem } from './encode-items.ts'

/** A response as far as it is known; the fields of the request it answers, and how it came out. */
export type ResponseView = ResponseBasis & ResponseState
export type ResponseBasis = Pick<
  Response,
  'responseId' | 'sessionId' | 'previousResponseId' | 'instructions' | 'options' | 'metadata' | 'store'
>
export type ResponseState = Pick<
  Response,
  'status' | 'model' | 'output' | 'usage' | 'failure' | 'incompleteReason' | 'createdAt' | 'completedAt'
>

export function basisOf({ responseId }: Pick<Accepted, 'responseId'>, input: RequestInput): ResponseBasis {
  const { sessionId, previousResponseId, instructions, options, metadata, store } = input
  return { responseId, sessionId, previousResponseId, instructions, options, metadata, store }
}

export function stateOf({ start, output, end }: Outcome): ResponseState {
  const { status, usage, failure, incompleteReason, completedAt } = end
  const { model, createdAt } = start
  return { status, model, output: [...output], usage, failure, incompleteReason, createdAt, completedAt }
}

/** Of a response that has not ended: its output and usage are told with its end. */
export function stateBeforeEnd(
  status: 'queued' | 'in_progress',
  { createdAt, model }: Pick<ResponseState, 'createdAt' | 'model'>,
): ResponseState {
  const nothing = { usage: null, failure: null, incompleteReason: null, completedAt: null }
  return { status, model, createdAt, output: [], ...nothing }
}

/** The response object, with every field that is always there. */
export function encodeResponse(view: ResponseView) {
  const { options, failure, incompleteReason, sessionId, completedAt } = view
  const native = nativeReader(options)
  return {
    id: view.responseId,
    object: 'response',
    created_at: toSeconds(view.createdAt),
    status: view.status,
    background: options.handling?.background ?? false,
    completed_at: view.status === 'completed' && completedAt !== null ? toSeconds(completedAt) : null,
    error: failure === null ? null : encodeFailure(failure),
    incomplete_details: incompleteReason === null ? null : { reason: incompleteReason },
    instructions: view.instructions,
    max_output_tokens: options.maxOutputTokens ?? null,
    max_tool_calls: native.number('max_tool_calls'),
    model: view.model,
    output: view.output.map(encodeItem),
    parallel_tool_calls: options.parallelToolCalls ?? true,
    previous_response_id: view.previousResponseId,
    conversation: sessionId === null ? null : { id: sessionId },
    prompt_cache_key: native.text('prompt_cache_key'),
    reasoning: { summary: null, ...native.object('reasoning'), effort: options.reasoningEffort ?? null },
    safety_identifier: native.text('safety_identifier'),
    service_tier: native.text('service_tier') ?? 'default',
    store: view.store,
    temperature: options.temperature ?? 1,
    top_p: options.topP ?? 1,
    presence_penalty: options.presencePenalty ?? 0,
    frequency_penalty: options.frequencyPenalty ?? 0,
    top_logprobs: options.topLogprobs ?? 0,
    text: { verbosity: 'medium', ...native.object('text'), format: options.textFormat ?? { type: 'text' } },
    tool_choice: native.value('tool_choice') ?? options.toolChoice ?? 'auto',
    tools: [...(options.tools ?? []).map(encodeTool), ...native.list('tools').map(encodeOther)],
    truncation: options.handling?.truncation ?? (continuesTurns(view) ? 'auto' : 'disabled'),
    usage: view.usage === null ? null : encodeUsage(view.usage),
    user: native.text('user'),
    metadata: view.metadata,
    prompt: options.handling?.prompt ?? null,
    access_programs: null,
  }
}

/** Earlier turns are cut to what the model can hold, unless the caller forbids it. */
function continuesTurns({ sessionId, previousResponseId }: ResponseView): boolean {
  return sessionId !== null || previousResponseId !== null
}

/** A tool that the model was not told of: one to be hosted, or a function that may not be called this time. */
function encodeOther(tool: unknown): unknown {
  const isFunction = typeof tool === 'object' && tool !== null && 'type' in tool && tool.type === 'function'
  return isFunction ? encodeTool(tool as FunctionTool) : tool
}

function encodeTool(tool: FunctionTool): object {
  const { description = null, parameters = null, strict = null } = tool
  return { ...tool, description, parameters, strict }
}

export function encodeUsage(usage: Usage): object {
  const { inputTokens, cachedInputTokens, cacheWriteTokens = 0, outputTokens, reasoningTokens } = usage
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}

/** `error.code` is a closed set on this wire, and a small one. */
const failureCodes: Partial<Record<ErrorCode, string>> = {
  RATE_LIMITED: 'rate_limit_exceeded',
  PROVIDER_RATE_LIMITED: 'rate_limit_exceeded',
  PROVIDER_REFUSED: 'invalid_prompt',
  CONTEXT_TOO_LONG: 'invalid_prompt',
  INVALID_REQUEST: 'invalid_prompt',
}

function encodeFailure({ code, message }: ResponseFailure): object {
  return { code: failureCodes[code as ErrorCode] ?? 'server_error', message }
}

/** What the caller sent in this dialect only, shown back as it came. */
function nativeReader({ native }: GenerationOptions) {
  const parameters = native?.dialect === 'responses' ? native.parameters : {}
  return {
    value: (name: string): unknown => parameters[name],
    text(name: string): string | null {
      const value = parameters[name]
      return typeof value === 'string' ? value : null
    },
    number(name: string): number | null {
      const value = parameters[name]
      return typeof value === 'number' ? value : null
    },
    object(name: string): object {
      const value = parameters[name]
      return typeof value === 'object' && value !== null ? value : {}
    },
    list(name: string): unknown[] {
      const value = parameters[name]
      return Array.isArray(value) ? value : []
    },
  }
}
