import type { ResponseEnd } from '@parley/kernel/frames.ts'
import type { FunctionCallItem, Item } from '@parley/kernel/items.ts'
import { answerOf, type Outcome } from '../output-accumulator.ts'
import { toSeconds } from '../schemas.ts'
import { completionId, encodeFinish, encodeUsage } from './encode-usage.ts'

/** A response that ended well as a `chat.completion`. */
export function encodeCompletion(responseId: string, outcome: Outcome) {
  const { start, end } = outcome
  const output = answerOf(outcome)
  const choices = end.finishes?.length ?? 1
  return {
    id: completionId(responseId),
    object: 'chat.completion',
    created: toSeconds(start.createdAt),
    model: start.model,
    choices: choices === 1 ? [encodeChoice(output, end, 0)] : encodeChoices(output, end, choices),
    ...(end.usage !== null && { usage: encodeUsage(end.usage) }),
  }
}

export function encodeChoices(output: readonly Item[], end: ChoiceEnd, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const own = output.filter((item) => ('choice' in item ? (item.choice ?? 0) : 0) === index)
    return encodeChoice(own, end, index)
  })
}

type ChoiceEnd = Pick<ResponseEnd, 'finish' | 'finishes'>

function encodeChoice(output: readonly Item[], end: ChoiceEnd, index: number) {
  const finish = end.finishes?.[index] ?? end.finish
  return {
    index,
    message: encodeMessage(output),
    logprobs: encodeLogprobs(output),
    finish_reason: encodeFinish(finish),
  }
}

/** All output items as the one message that this dialect has room for. */
export function encodeMessage(output: readonly Item[]) {
  let content: string | null = null
  let refusal: string | null = null
  let reasoning: string | null = null
  let native: Record<string, unknown> | undefined
  const annotations: unknown[] = []
  const toolCalls: unknown[] = []
  for (const item of output) {
    if (item.type === 'function_call') toolCalls.push(encodeToolCall(item))
    else if (item.native?.dialect === 'chat') native = { ...native, ...item.native.fields }
    if (item.type === 'reasoning') reasoning = (reasoning ?? '') + reasoningText(item)
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
    ...native,
  }
}

/** Null when none were asked for, or the provider gave none. */
function encodeLogprobs(output: readonly Item[]): object | null {
  let content: unknown[] | null = null
  let refusal: unknown[] | null = null
  for (const item of output) {
    if (item.type !== 'message') continue
    for (const part of item.content) {
      if (part.type !== 'output_text' && part.type !== 'refusal') continue
      const { logprobs } = part
      if (logprobs === undefined || logprobs.length === 0) continue
      if (part.type === 'refusal') refusal = [...(refusal ?? []), ...logprobs]
      else content = [...(content ?? []), ...logprobs]
    }
  }
  return content === null && refusal === null ? null : { content, refusal }
}

export function encodeToolCall({ call_id: id, name, arguments: text, custom, native }: FunctionCallItem) {
  const call =
    custom === true
      ? { id, type: 'custom', custom: { name, input: text } }
      : { id, type: 'function', function: { name, arguments: text } }
  return native?.dialect === 'chat' ? { ...call, ...native.fields } : call
}

export function reasoningText({ summary, content }: Extract<Item, { type: 'reasoning' }>): string {
  const parts = content !== undefined && content.length > 0 ? content : summary
  return parts.map((part) => part.text).join('\n')
}
