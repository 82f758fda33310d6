import { AppError } from '@parley/chassis/values/errors.ts'
import type { FinishReason, ResponseEnd } from '@parley/kernel/frames.ts'
import type { FunctionCallItem, Item, ReasoningItem } from '@parley/kernel/items.ts'
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
    usage: encodeUsage(end),
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
    case 'message': {
      const { block, citations } = messagesFields(item)
      if (isBlock(block)) return [block]
      return item.content.flatMap((part) => {
        if (part.type === 'output_text' && part.text !== '') return [{ ...textBlock(part.text), ...cited(citations) }]
        return part.type === 'refusal' ? [textBlock(part.refusal)] : []
      })
    }
    case 'reasoning':
      return thinking === 'none' ? [] : [thinkingBlock(item, thinking)]
    case 'function_call':
      return [{ ...toolUseBlock(item), input: parseInput(item) }]
    case 'function_call_output':
      return []
  }
}

/** What an item says in this dialect alone. */
export function messagesFields({ native }: Item): Readonly<Record<string, unknown>> {
  return native?.dialect === 'messages' ? native.fields : {}
}

export function isBlock(value: unknown): value is { type: string; [field: string]: unknown } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function cited(citations: unknown): object {
  return Array.isArray(citations) && citations.length > 0 ? { citations } : {}
}

export function textBlock(text: string) {
  return { type: 'text', text, citations: null }
}

export function toolUseBlock(item: FunctionCallItem) {
  const { call_id: id, name } = item
  return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' }, ...messagesFields(item) }
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

/** As the provider told it, where it speaks this dialect; else what the common form says. */
export function encodeStop({ finish, stopSequence, native }: ResponseEnd, output: readonly Item[]) {
  if (native?.dialect === 'messages') {
    const { usage: _, ...told } = native.fields
    return { stop_reason: 'end_turn', stop_sequence: stopSequence ?? null, stop_details: null, ...told }
  }
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

/** Anthropic counts cached input, and input that was written to the cache, apart from the rest of the input. */
export function encodeUsage({ usage, native }: Pick<ResponseEnd, 'usage' | 'native'>) {
  const {
    inputTokens = 0,
    cachedInputTokens = 0,
    cacheWriteTokens = 0,
    outputTokens = 0,
    reasoningTokens = 0,
  } = usage ?? {}
  const told = native?.dialect === 'messages' ? native.fields['usage'] : null
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens),
    output_tokens: outputTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation: null,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
    ...(typeof told === 'object' && told),
  }
}
