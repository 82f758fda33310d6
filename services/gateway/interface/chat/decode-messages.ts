import type { NewId } from '@parley/chassis/values/ids.ts'
import type {
  ContentPart,
  FunctionCallItem,
  FunctionOutputItem,
  Item,
  MessageItem,
  NativeFields,
} from '@parley/kernel/items.ts'
import { withoutWrongOwn } from '../own-fields.ts'
import { invalid, unsupported } from '../schemas.ts'
import type { AssistantMessage, ChatCustomCall, ChatMessage, ChatPart, ChatToolCall, ToolMessage } from './schema.ts'

/**
 * Chat messages as items. An assistant message with tool calls becomes a message item followed by one item per call; a
 * tool message becomes a function output. Fields of messages that are not known here are kept for providers of the same
 * dialect, those of parts stay on the parts. Throws UNSUPPORTED_PARAMETER for what has no place on an item.
 */
export function decodeMessages(messages: readonly ChatMessage[], newId: NewId): Item[] {
  const items: Item[] = []
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    if (message.role === 'tool') items.push(decodeToolMessage(message, path, newId))
    else if (message.role === 'assistant') decodeAssistantMessage(message, path, newId, items)
    else {
      const { role, content, name, ...rest } = message
      const parts = decodeContent(content, path, 'input_text')
      items.push(messageItem({ ...withIdentity(rest, path, newId('msg')), ...named(name) }, role, parts))
    }
  }
  return items
}

function decodeAssistantMessage(message: AssistantMessage, path: string, newId: NewId, items: Item[]): void {
  const { role, content, refusal, tool_calls: calls, name, ...others } = message
  const { id, ...kept } = withIdentity(withoutNulls(others, path), path, newId('msg'))
  const rest = { ...kept, ...named(name) }
  const parts =
    content === null || content === undefined || content === '' ? [] : decodeContent(content, path, 'output_text')
  if (typeof refusal === 'string') parts.push({ type: 'refusal', refusal })
  const called = calls ?? []
  // Whatever else such a message carries needs a message to be on, even one without content.
  if (parts.length > 0 || called.length === 0 || Object.keys(rest).length > 0) {
    if (parts.length === 0 && called.length === 0 && typeof content !== 'string') {
      throw invalid(`${path}.content`, `${path}.content is required when the message has no tool_calls.`)
    }
    const text: ContentPart[] = parts.length > 0 || called.length > 0 ? parts : [{ type: 'output_text', text: '' }]
    items.push(messageItem({ ...rest, id }, role, text))
  }
  for (const [index, call] of called.entries()) items.push(decodeToolCall(call, `${path}.tool_calls[${index}]`, newId))
}

function isCustom(call: ChatToolCall | ChatCustomCall): call is ChatCustomCall {
  return 'custom' in call && call.type === 'custom'
}

function decodeToolCall(call: ChatToolCall | ChatCustomCall, path: string, newId: NewId): FunctionCallItem {
  const made = { id: newId('fc'), type: 'function_call', status: 'completed' } as const
  if (isCustom(call)) {
    const { id, type: _, custom, ...rest } = call
    return { ...nativeOf(rest), ...made, call_id: id, name: custom.name, arguments: custom.input, custom: true }
  }
  const { id, type = 'function', function: wanted, ...rest } = call
  if (type !== 'function')
    throw unsupported(`${path}.type`, `${path}.type: only calls of type 'function' are supported.`)
  // The SDK's helpers add the parsed form of `arguments` to what they hand out, and so to what is sent back.
  const { name, arguments: text, parsed_arguments: _, ...inner }: Extended<typeof wanted> = wanted
  refuseUnknown(inner, `${path}.function`)
  return {
    ...nativeOf(rest),
    ...made,
    call_id: id,
    name,
    arguments: text,
  }
}

function decodeToolMessage(message: ToolMessage, path: string, newId: NewId): FunctionOutputItem {
  const { role: _, content, tool_call_id: callId, ...others } = message
  const rest = withIdentity(others, path, newId('item'))
  const output = typeof content === 'string' ? content : decodeContent(content, path, 'input_text')
  return { ...rest, type: 'function_call_output', status: 'completed', call_id: callId, output }
}

function messageItem(rest: ItemBasis, role: MessageItem['role'], content: ContentPart[]): MessageItem {
  return { ...rest, type: 'message', status: 'completed', role, content }
}

function decodeContent(
  content: string | ChatPart[],
  path: string,
  textType: 'input_text' | 'output_text',
): ContentPart[] {
  if (typeof content === 'string') return [{ type: textType, text: content }]
  return content.map((part, index) => withoutWrongOwn(decodePart(part, `${path}.content[${index}]`, textType)))
}

function decodePart(part: ChatPart, path: string, textType: 'input_text' | 'output_text'): ContentPart {
  switch (part.type) {
    case 'text':
      return { ...part, type: textType }
    case 'refusal':
    case 'input_audio':
      return part
    case 'image_url': {
      const { image_url: image, ...rest } = part
      const { url, detail, ...inner } = image
      refuseUnknown(inner, `${path}.image_url`)
      return { ...rest, type: 'input_image', image_url: url, ...(detail !== undefined && { detail }) }
    }
    case 'file': {
      const { file, ...rest } = part
      const { file_id, file_data, filename, ...inner } = file
      refuseUnknown(inner, `${path}.file`)
      return {
        ...rest,
        type: 'input_file',
        ...(file_id !== undefined && { file_id }),
        ...(file_data !== undefined && { file_data }),
        ...(filename !== undefined && { filename }),
      }
    }
  }
}

function named(name: string | null | undefined): { name?: string } {
  return typeof name === 'string' ? { name } : {}
}

/** SDKs send back `annotations: []`, `audio: null`, `parsed` and the like with a message they were given. */
function withoutNulls(fields: Record<string, unknown>, path: string): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || name === 'parsed' || (Array.isArray(value) && value.length === 0)) continue
    if (name === 'function_call') {
      throw unsupported(`${path}.${name}`, `${path}.${name} is not supported. Send tool_calls.`)
    }
    kept[name] = value
  }
  return kept
}

/** `id`, `type` and `status` are an item's own. Chat messages have none, yet some clients send them. */
function withIdentity(fields: Record<string, unknown>, path: string, newId: string): ItemBasis {
  const { id, type, status, ...rest } = fields
  if (type !== undefined && type !== 'message') throw unsupported(`${path}.type`, `${path}.type must be left out.`)
  if (status !== undefined && status !== 'completed')
    throw unsupported(`${path}.status`, `${path}.status must be left out.`)
  return { ...nativeOf(rest), id: typeof id === 'string' && idPattern.test(id) ? id : newId }
}

interface ItemBasis {
  readonly id: string
  readonly name?: string
  readonly native?: NativeFields
}

function nativeOf(fields: Readonly<Record<string, unknown>>): { native?: NativeFields } {
  for (const _ in fields) return { native: { dialect: 'chat', fields: { ...fields } } }
  return {}
}

const idPattern = /^[!-~]{1,128}$/

type Extended<T> = T & Record<string, unknown>

function refuseUnknown(fields: object, path: string): void {
  const name = Object.keys(fields)[0]
  if (name !== undefined) throw unsupported(`${path}.${name}`, `${path}.${name} is not supported. Leave it out.`)
}
