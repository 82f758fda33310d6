import type { ContentPart, Item } from '@parley/kernel/items.ts'
import type { Response } from '@parley/response/contract.ts'
import { toSeconds } from '../schemas.ts'
import { encodeChoices, encodeToolCall } from './encode-completion.ts'
import { completionId, encodeUsage } from './encode-usage.ts'

/** A stored completion as it was answered, with its metadata. */
export function encodeStoredCompletion({ responseId, createdAt, model, output, usage, metadata, ...rest }: Response) {
  const count = rest.options.choices ?? 1
  const finishes = Array.from({ length: count }, (_, index) => finishOf(output, rest, index))
  return {
    id: completionId(responseId),
    object: 'chat.completion',
    created: toSeconds(createdAt),
    model,
    choices: encodeChoices(output, { finish: finishes[0] ?? 'stop', finishes }, count),
    ...(usage !== null && { usage: encodeUsage(usage) }),
    metadata,
  }
}

/** A response does not keep why its choices ended, but what it keeps implies it. */
function finishOf(output: readonly Item[], { incompleteReason }: Pick<Response, 'incompleteReason'>, choice: number) {
  const own = output.filter((item) => ('choice' in item ? (item.choice ?? 0) : 0) === choice)
  if (own.some(({ status }) => status === 'incomplete')) {
    return incompleteReason === 'content_filter' ? 'content-filter' : 'length'
  }
  return own.some(({ type }) => type === 'function_call') ? 'tool-calls' : 'stop'
}

interface StoredMessage {
  readonly id: string
  readonly role: string
  readonly content: string | null
  readonly refusal: string | null
  readonly [field: string]: unknown
}

/** The messages of a stored completion's input. Calls join the message of the assistant in front of them. */
export function encodeStoredMessages(items: readonly Item[]): StoredMessage[] {
  const messages: StoredMessage[] = []
  for (const item of items) {
    if (item.type === 'message') messages.push(encodeMessageItem(item))
    else if (item.type === 'function_call_output') {
      const { id, call_id: callId, output } = item
      const content = typeof output === 'string' ? output : textOf(output)
      messages.push({ id, role: 'tool', tool_call_id: callId, content, refusal: null, ...partsField(output) })
    } else if (item.type === 'function_call') {
      const call = encodeToolCall(item)
      const last = messages.at(-1)
      const calls = Array.isArray(last?.['tool_calls']) ? last['tool_calls'] : []
      if (last?.role === 'assistant') messages[messages.length - 1] = { ...last, tool_calls: [...calls, call] }
      else messages.push({ id: item.id, role: 'assistant', content: null, refusal: null, tool_calls: [call] })
    }
  }
  return messages
}

function encodeMessageItem({ id, role, content, name, native }: Extract<Item, { type: 'message' }>): StoredMessage {
  const refusal = content.find((part) => part.type === 'refusal')
  return {
    id,
    role,
    content: content.length === 0 ? null : textOf(content),
    refusal: refusal?.refusal ?? null,
    ...partsField(content),
    ...(name !== undefined && { name }),
    ...(native?.dialect === 'chat' && native.fields),
  }
}

function textOf(parts: readonly ContentPart[]): string {
  return parts.map((part) => ('text' in part ? part.text : '')).join('')
}

/** Told when a message is more than one text. */
function partsField(content: string | readonly ContentPart[]): { content_parts: object[] | null } {
  if (typeof content === 'string') return { content_parts: null }
  const [only] = content
  if (content.length === 1 && only !== undefined && 'text' in only) return { content_parts: null }
  const parts = content.flatMap((part): object[] => {
    if ('text' in part) return [{ type: 'text', text: part.text }]
    return part.type === 'input_image' ? [{ type: 'image_url', image_url: { url: part.image_url ?? '' } }] : []
  })
  return { content_parts: parts.length === 0 ? null : parts }
}
