import type { FunctionCallItem, FunctionOutputItem, Item, MessageItem, ReasoningItem } from '@parley/kernel/items.ts'
import type { ModelRequest } from '../application/ports.ts'
import { blockOf, encodeBlocks, marks } from './anthropic-blocks.ts'
import { refuseHosted } from './hosted-item.ts'
import { isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'

export interface Conversation {
  /** Undefined when there is none. */
  readonly system: string | readonly JsonObject[] | undefined
  readonly messages: readonly Message[]
}

export interface Message {
  readonly role: 'user' | 'assistant' | 'system'
  content: string | JsonObject[]
}

/**
 * Items as a system prompt and messages. What the assistant made in one turn is one message; outputs of functions are
 * in one message with the words of the user that follow them. System messages in front of all others are the system
 * prompt; later ones stay where they are. Reasoning is passed back where its provider signed it, and left out where not:
 * this dialect refuses it without. Throws UNSUPPORTED_PARAMETER.
 */
export function encodeConversation(request: ModelRequest): Conversation {
  const { instructions, items, options } = request
  const system: JsonObject[] = instructions === null ? [] : instructionBlocks(instructions, options.native)
  const messages: Message[] = []
  for (const [index, item] of items.entries()) {
    if (messages.length === 0 && isSystem(item)) system.push(...encodeBlocks(item.content, contentPath(index)))
    else addItem(messages, item, index)
  }
  return { system: system.length === 0 ? undefined : plainText(system), messages: messages.map(inShort) }
}

/** As they came in this dialect, unless something was added to them on the way. */
function instructionBlocks(instructions: string, native: ModelRequest['options']['native']): JsonObject[] {
  const given = native?.dialect === 'messages' ? objectsOf(native.parameters['system']) : []
  const joined = given.map((block) => stringOf(block['text'])).join('\n\n')
  return given.length > 0 && joined === instructions ? [...given] : [{ type: 'text', text: instructions }]
}

function isSystem(item: Item): item is MessageItem {
  return item.type === 'message' && (item.role === 'system' || item.role === 'developer')
}

function contentPath(index: number): string {
  return `input[${index}].content`
}

interface OpenMessage extends Message {
  content: JsonObject[]
}

function addItem(messages: Message[], item: Item, index: number): void {
  switch (item.type) {
    case 'message':
      addMessage(messages, item, index)
      return
    case 'function_call':
      open(messages, 'assistant').content.push(toToolUse(item))
      return
    case 'function_call_output':
      openResults(messages).content.push(toToolResult(item, index))
      return
    case 'reasoning':
      for (const block of toThinking(item)) open(messages, 'assistant').content.push(block)
      return
  }
}

function addMessage(messages: Message[], item: MessageItem, index: number): void {
  refuseHosted(item, `input[${index}]`)
  const blocks = messageBlocks(item, index)
  if (blocks.length === 0) return
  if (item.role === 'assistant') open(messages, 'assistant').content.push(...blocks)
  else if (isSystem(item)) messages.push({ role: 'system', content: blocks })
  else if (endsWithResult(messages)) open(messages, 'user').content.push(...blocks)
  else messages.push({ role: 'user', content: blocks })
}

function messageBlocks({ content, native }: MessageItem, index: number): JsonObject[] {
  const foreign = blockOf(native)
  if (foreign !== null) return foreign
  const blocks = encodeBlocks(content, contentPath(index))
  const citations = native?.dialect === 'messages' ? native.fields['citations'] : undefined
  const [first, ...others] = blocks
  return citations === undefined || first === undefined ? blocks : [{ ...first, citations }, ...others]
}

/** The last message, when it is of this role, else a new one. */
function open(messages: Message[], role: 'user' | 'assistant'): OpenMessage {
  const last = messages.at(-1)
  if (last?.role === role && isOpen(last)) return last
  const message: OpenMessage = { role, content: [] }
  messages.push(message)
  return message
}

function isOpen(message: Message): message is OpenMessage {
  return typeof message.content !== 'string'
}

function openResults(messages: Message[]): OpenMessage {
  if (!endsWithResult(messages) && messages.at(-1)?.role === 'user') messages.push({ role: 'user', content: [] })
  return open(messages, 'user')
}

function endsWithResult(messages: readonly Message[]): boolean {
  const content = messages.at(-1)?.content
  return typeof content === 'object' && content.at(-1)?.['type'] === 'tool_result'
}

function toToolUse(item: FunctionCallItem): JsonObject {
  const { call_id: id, name, native } = item
  const fields = native?.dialect === 'messages' ? native.fields : {}
  return {
    type: 'tool_use',
    id,
    name,
    input: item.custom === true ? { input: item.arguments } : inputOf(item.arguments),
    ...fields,
    ...marks(item),
  }
}

/** Arguments that are no JSON object cannot be said here otherwise than as a text inside one. */
function inputOf(text: string): JsonObject {
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below, as other JSON is.
  }
  return { arguments: text }
}

function toToolResult(item: FunctionOutputItem, index: number): JsonObject {
  const { call_id: id, output, native } = item
  const fields = native?.dialect === 'messages' ? native.fields : {}
  const failed = 'is_error' in item && item.is_error === true
  return {
    type: 'tool_result',
    tool_use_id: id,
    content: typeof output === 'string' ? output : encodeBlocks(output, `input[${index}].output`),
    ...(failed && { is_error: true }),
    ...fields,
    ...marks(item),
  }
}

function toThinking({ content, summary, encrypted_content: data, signature, native }: ReasoningItem): JsonObject[] {
  if (native?.dialect === 'responses') return []
  const parts = content ?? summary
  if (signature !== undefined) {
    return [{ type: 'thinking', thinking: parts.map(({ text }) => text).join(''), signature }]
  }
  return typeof data === 'string' && parts.length === 0 ? [{ type: 'redacted_thinking', data }] : []
}

function inShort({ role, content }: Message): Message {
  return { role, content: typeof content === 'string' ? content : plainText(content) }
}

/** One text without marks as that text. */
function plainText(blocks: JsonObject[]): string | JsonObject[] {
  const [only] = blocks
  if (blocks.length !== 1 || only === undefined || only['type'] !== 'text') return blocks
  for (const field in only) if (field !== 'type' && field !== 'text') return blocks
  return stringOf(only['text'])
}
