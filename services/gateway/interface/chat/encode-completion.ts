import type { Item } from '@parley/kernel/items.ts'
import type { Outcome } from '../output-accumulator.ts'
import { toSeconds } from '../schemas.ts'
import { completionId, encodeFinish, encodeUsage } from './encode-usage.ts'

/** A response that ended well as a `chat.completion`. */
export function encodeCompletion(responseId: string, { start, output, end }: Outcome) {
  return {
    id: completionId(responseId),
    object: 'chat.completion',
    created: toSeconds(start.createdAt),
    model: start.model,
    choices: [{ index: 0, message: encodeMessage(output), logprobs: null, finish_reason: encodeFinish(end.finish) }],
    ...(end.usage !== null && { usage: encodeUsage(end.usage) }),
  }
}

/** All output items as the one message that this dialect has room for. */
function encodeMessage(output: readonly Item[]) {
  let content: string | null = null
  let refusal: string | null = null
  let reasoning: string | null = null
  const annotations: unknown[] = []
  const toolCalls: unknown[] = []
  for (const item of output) {
    if (item.type === 'function_call') toolCalls.push(encodeToolCall(item))
    else if (item.type === 'reasoning') reasoning = (reasoning ?? '') + reasoningText(item)
    else if (item.type === 'message') {
      for (const part of item.content) {
        if (part.type === 'output_text') {
          content = (content ?? '') + part.text
          annotations.push(...(part.annotations ?? []))
        } else if (part.type === 'refusal') refusal = (refusal ?? '') + part.refusal
      }
    }
  }
  return {
    role: 'assistant',
    content,
    refusal,
    annotations,
    ...(reasoning !== null && reasoning !== '' && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  }
}

export function encodeToolCall({ call_id: id, name, arguments: text }: Extract<Item, { type: 'function_call' }>) {
  return { id, type: 'function', function: { name, arguments: text } }
}

function reasoningText({ summary, content }: Extract<Item, { type: 'reasoning' }>): string {
  const parts = content !== undefined && content.length > 0 ? content : summary
  return parts.map((part) => part.text).join('\n')
}
