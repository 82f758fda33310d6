import { AppError } from '@parley/chassis/values/errors.ts'
import type { FinishReason, ResponseEnd } from '@parley/kernel/frames.ts'
import type { FunctionCallItem, Item, ReasoningItem } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import { answerOf, type Outcome } from '../output-accumulator.ts'
import type { ThinkingShown } from './decode-request.ts'

/** A response that ended well as a message. Throws PROVIDER_GARBLED for a call whose arguments are no JSON object. */
export function encodeMessage(
  { responseId, thinking }: { responseId: string; thinking: ThinkingShown },
  outcome: Outcome,
) {
  const { start, end } = outcome
  const output = answerOf(outcome)
  return {
    ...messageHead(responseId, start.model),
    content: output.flatMap((item) => encodeItem(item, thinking)),
    ...encodeStop(end, output),
    usage: encodeUsage(end.usage),
  }
}

/** What every message begins with; `msg_` and the hex digits of the response id. */
export function messageHead(responseId: string, model: string) {
  return {
    id: `msg_${responseId.slice(responseId.indexOf('_') + 1)}`,
    type: 'message',
    role: 'assistant',
    model,
    container: null,
    diagnostics: null,
  }
}

function encodeItem(item: Item, thinking: ThinkingShown): object[] {
  switch (item.type) {
    case 'message':
      return item.content.flatMap((part) => {
        if (part.type === 'output_text' && part.text !== '') return [textBlock(part.text)]
        return part.type === 'refusal' ? [textBlock(part.refusal)] : []
      })
    case 'reasoning':
      return thinking === 'none' ? [] : [thinkingBlock(item, thinking)]
    case 'function_call':
      return [{ ...toolUseBlock(item), input: parseInput(item) }]
    case 'function_call_output':
      return []
  }
}

export function textBlock(text: string) {
  return { type: 'text', text, citations: null }
}

export function toolUseBlock({ call_id: id, name }: FunctionCallItem) {
  return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } }
}

export function thinkingBlock(item: ReasoningItem, thinking: ThinkingShown) {
  const { encrypted_content: data, signature = '' } = item
  const text = reasoningText(item)
  if (text === '' && typeof data === 'string') return { type: 'redacted_thinking', data }
  return { type: 'thinking', thinking: thinking === 'full' ? text : '', signature }
}

function reasoningText({ summary, content }: ReasoningItem): string {
  const parts = content !== undefined && content.length > 0 ? content : summary
  return parts.map((part) => part.text).join('\n')
}

/** A call that was cut off shows an empty input: nobody is going to run it. */
function parseInput({ name, arguments: text, status }: FunctionCallItem): unknown {
  if (text === '') return {}
  try {
    const input: unknown = JSON.parse(text)
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input
  } catch {
    // Reported below, together with JSON that is no object.
  }
  if (status === 'incomplete') return {}
  throw new AppError(
    'PROVIDER_GARBLED',
    `The model called ${name} with arguments that are not a JSON object. Try again.`,
  )
}

export function encodeStop({ finish, stopSequence }: ResponseEnd, output: readonly Item[]) {
  const refusal = output.flatMap((item) => (item.type === 'message' ? item.content : [])).find(isRefusal)
  const refused = refusal !== undefined || finish === 'content-filter'
  const stopped = !refused && finish === 'stop' && stopSequence !== undefined
  return {
    stop_reason: refused ? 'refusal' : stopped ? 'stop_sequence' : stopReasons[finish ?? 'stop'],
    stop_sequence: stopped ? stopSequence : null,
    stop_details: refused ? { type: 'refusal', category: null, explanation: null } : null,
  }
}

function isRefusal({ type }: { type: string }): boolean {
  return type === 'refusal'
}

const stopReasons: Record<FinishReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
}

/** Anthropic counts cached input apart from the rest of the input. */
export function encodeUsage(usage: Usage | null) {
  const { inputTokens = 0, cachedInputTokens = 0, outputTokens = 0, reasoningTokens = 0 } = usage ?? {}
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens),
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation: null,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  }
}
