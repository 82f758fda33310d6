import type { ContentPart, FunctionCallItem, FunctionOutputItem, Item, MessageItem } from '@parley/kernel/items.ts'
import type { ModelRequest } from '../application/ports.ts'
import type { ChatFlavour } from './chat-flavour.ts'
import { refuseHosted } from './hosted-item.ts'
import { isObject, objectsOf } from './json-values.ts'
import { refuseForeign, refuseForeignItem } from './refuse-messages-only.ts'
import { unsupported } from './unsupported.ts'

type ToolCall =
  | { readonly id: string; readonly type: 'function'; readonly function: { name: string; arguments: string } }
  | { readonly id: string; readonly type: 'custom'; readonly custom: { name: string; input: string } }

interface ChatMessage {
  role: string
  content: unknown
  name?: string | undefined
  tool_calls?: ToolCall[]
  tool_call_id?: string
}

/**
 * A function call joins the assistant message before it, and an assistant message the calls before it, as chat wants
 * them in one. Reasoning has no place in chat input and is left out. What an item says in this dialect alone is said
 * again. Images among a function's output follow the outputs in a message of the user: this dialect has room for them
 * nowhere else.
 */
export function encodeMessages({ instructions, items, options }: ModelRequest, flavour: ChatFlavour): ChatMessage[] {
  const messages: ChatMessage[] = []
  if (instructions !== null) messages.push(toSystem(instructions, options.native, flavour))
  const shown: unknown[] = []
  for (const [index, item] of items.entries()) {
    if (item.type !== 'function_call_output' && shown.length > 0) messages.push(toShow(shown.splice(0)))
    addItem(messages, item, { index, flavour, shown })
  }
  if (shown.length > 0) messages.push(toShow(shown))
  return messages
}

/** A system prompt that came with cache marks keeps them where the provider may know them. */
function toSystem(
  instructions: string,
  native: ModelRequest['options']['native'],
  { strictFields }: ChatFlavour,
): ChatMessage {
  if (native?.dialect !== 'messages' || strictFields) return { role: 'system', content: instructions }
  const blocks = objectsOf(native.parameters['system'])
  const isMarked = blocks.some(({ cache_control: mark }) => isObject(mark))
  if (!isMarked || blocks.map(({ text }) => text).join('\n\n') !== instructions) {
    return { role: 'system', content: instructions }
  }
  return { role: 'system', content: blocks.map(({ text, cache_control }) => ({ type: 'text', text, cache_control })) }
}

interface Place {
  readonly index: number
  readonly flavour: ChatFlavour
  /** Takes the parts that a function's output has no room for. */
  readonly shown: unknown[]
}

function addItem(messages: ChatMessage[], item: Item, place: Place): void {
  const last = messages.at(-1)
  switch (item.type) {
    case 'message': {
      const { flavour } = place
      refuseForeignItem(item)
      refuseHosted(item, `input[${place.index}]`)
      const content = encodeContent(item.content, `input[${place.index}].content`, flavour)
      const role = item.role === 'developer' && !flavour.developerRole ? 'system' : item.role
      if (isCallOnly(last) && role === 'assistant') Object.assign(last, { content }, nativeOf(item, flavour))
      else messages.push(toMessage(item, { role, content, flavour }))
      return
    }
    case 'function_call': {
      const call = toToolCall(item)
      if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call]
      else messages.push({ role: 'assistant', content: null, tool_calls: [call] })
      return
    }
    case 'function_call_output':
      messages.push(toToolMessage(item, place))
      return
    case 'reasoning':
      return
  }
}

/** A message of sound alone, say, has no content but what only this dialect knows. */
function toMessage(
  item: MessageItem,
  { role, content, flavour }: { role: string; content: unknown; flavour: ChatFlavour },
): ChatMessage {
  const { name, native } = item
  if (native?.dialect !== 'chat') return { role, content, name }
  return { role, content: item.content.length === 0 ? null : content, name, ...nativeOf(item, flavour) }
}

/** What other providers add to their answers, which OpenAI does not take back. */
const otherProviders: ReadonlySet<string> = new Set(['reasoning_content', 'reasoning', 'annotations'])

function nativeOf({ native }: MessageItem, { strictFields }: ChatFlavour): Readonly<Record<string, unknown>> {
  if (native?.dialect !== 'chat') return {}
  if (!strictFields) return native.fields
  return Object.fromEntries(Object.entries(native.fields).filter(([name]) => !otherProviders.has(name)))
}

function toToolCall({ call_id: id, name, arguments: text, custom, native }: FunctionCallItem): ToolCall {
  const call: ToolCall =
    custom === true
      ? { id, type: 'custom', custom: { name, input: text } }
      : { id, type: 'function', function: { name, arguments: text } }
  return native?.dialect === 'chat' ? { ...call, ...native.fields } : call
}

function toToolMessage({ call_id: callId, output, native }: FunctionOutputItem, place: Place): ChatMessage {
  const message: ChatMessage = { role: 'tool', tool_call_id: callId, content: output }
  if (typeof output !== 'string') {
    const path = `input[${place.index}].output`
    const texts = output.filter(isText)
    message.content = encodeContent(texts, path, place.flavour)
    if (texts.length < output.length) {
      const others = output.filter((part) => !isText(part))
      place.shown.push({ type: 'text', text: `What the call ${callId} returned:` })
      place.shown.push(...others.map((part) => encodePart(part, path, place.flavour)))
      if (texts.length === 0) message.content = 'See the next message.'
    }
  }
  return native?.dialect === 'chat' ? { ...message, ...native.fields } : message
}

function toShow(content: unknown[]): ChatMessage {
  return { role: 'user', content }
}

function isText({ type }: ContentPart): boolean {
  return type === 'input_text' || type === 'output_text'
}

function isCallOnly(message: ChatMessage | undefined): message is ChatMessage {
  return message?.role === 'assistant' && message.content === null
}

function encodeContent(parts: readonly ContentPart[], path: string, flavour: ChatFlavour): unknown {
  const [only] = parts
  if (parts.length === 1 && only !== undefined && isPlainText(only)) return only.text
  return parts.map((part, index) => encodePart(part, `${path}[${index}]`, flavour))
}

const plainTextFields = new Set(['type', 'text', 'annotations', 'logprobs'])

/** True for a text part without fields of its own, such as a provider's cache marks. */
function isPlainText(part: ContentPart): part is Extract<ContentPart, { text: string }> {
  if (part.type !== 'input_text' && part.type !== 'output_text') return false
  for (const field in part) if (!plainTextFields.has(field)) return false
  return true
}

function encodePart({ native, ...part }: ContentPart, path: string, { strictFields }: ChatFlavour): unknown {
  if (native !== undefined) refuseForeign(native, path)
  const encoded = encodeFields(part, path)
  if (!strictFields || !('cache_control' in encoded)) return encoded
  const { cache_control: _, ...rest } = encoded
  return rest
}

function encodeFields(part: ContentPart, path: string): object {
  switch (part.type) {
    case 'input_text':
      return { ...part, type: 'text' }
    case 'output_text': {
      const { annotations: _annotations, logprobs: _logprobs, ...rest } = part
      return { ...rest, type: 'text' }
    }
    case 'refusal': {
      const { logprobs: _, ...rest } = part
      return rest
    }
    case 'input_audio':
      return part
    case 'input_image': {
      const { image_url: url, detail, file_id: _fileId, type: _, ...rest } = part
      if (typeof url === 'string') return { ...rest, type: 'image_url', image_url: { url, detail } }
      throw unsupported(path, 'an image by file id; send its data or URL in image_url')
    }
    case 'input_file': {
      const { file_url: url, file_id: fileId, file_data, filename, type: _, ...rest } = part
      if (url !== undefined) throw unsupported(path, 'a file by URL; send its data in file_data')
      return { ...rest, type: 'file', file: { file_id: fileId ?? undefined, file_data, filename } }
    }
  }
}
