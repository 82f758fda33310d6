import type {
  ContentPart,
  FunctionCallItem,
  FunctionOutputItem,
  Item,
  MessageItem,
  ReasoningItem,
} from '@parley/kernel/items.ts'
import type { ModelRequest } from '../application/ports.ts'
import type { ChatFlavour } from './chat-flavour.ts'
import { hostedItem } from './hosted-item.ts'
import type { JsonObject } from './json-values.ts'
import { unsupported } from './unsupported.ts'

/**
 * Items as `input`. They have this dialect's own form: what changes is what Parley adds to it, and the ids, since nothing
 * is stored there. Reasoning is passed back where its provider can read it, and left out where not.
 */
export function encodeInput({ items }: ModelRequest, { strictFields }: ChatFlavour): JsonObject[] {
  return items.flatMap((item, index) => {
    const encoded = encodeItem(item, `input[${index}]`)
    return encoded === null ? [] : [strictFields ? withoutMarks(encoded) : encoded]
  })
}

function encodeItem(item: Item, path: string): JsonObject | null {
  switch (item.type) {
    case 'message':
      return encodeMessage(item, path)
    case 'function_call':
      return encodeCall(item)
    case 'function_call_output':
      return encodeOutput(item, path)
    case 'reasoning':
      return encodeReasoning(item)
  }
}

/** Null for a message that nothing is left of, such as what belongs to tools of another provider. */
function encodeMessage(item: MessageItem, path: string): JsonObject | null {
  const foreign = hostedItem(item)
  if (foreign !== null) return foreign
  const { id: _id, status: _status, native: _native, choice: _choice, name: _name, content, role, ...rest } = item
  if (content.length === 0) return null
  return {
    ...rest,
    role,
    content: content.map((part, place) => encodePart(part, { role, path: `${path}.content[${place}]` })),
  }
}

function encodeCall(item: FunctionCallItem): JsonObject {
  const { id: _id, status: _status, native: _native, choice: _choice, custom, arguments: text, ...rest } = item
  return custom === true ? { ...rest, type: 'custom_tool_call', input: text } : { ...rest, arguments: text }
}

function encodeOutput(item: FunctionOutputItem, path: string): JsonObject {
  const { id: _id, status: _status, native: _native, custom, output, ...given } = item
  const { is_error: _, ...rest } = given as JsonObject
  const said =
    typeof output === 'string'
      ? output
      : output.map((part, place) => encodePart(part, { role: 'user', path: `${path}.output[${place}]` }))
  return { ...rest, type: custom === true ? 'custom_tool_call_output' : item.type, output: said }
}

function encodeReasoning(item: ReasoningItem): JsonObject | null {
  const { id, status: _status, native, choice: _choice, signature, encrypted_content: sealed, ...rest } = item
  if (typeof sealed !== 'string' || signature !== undefined || native?.dialect === 'messages') return null
  const ownId = native?.dialect === 'responses' ? native.fields['id'] : undefined
  return { ...rest, id: typeof ownId === 'string' ? ownId : id, encrypted_content: sealed }
}

function encodePart(part: ContentPart, { role, path }: { role: MessageItem['role']; path: string }): JsonObject {
  const { native: _, ...given } = part
  switch (given.type) {
    case 'input_audio':
      throw unsupported(path, `${path}: sound; send text, images or files`)
    case 'input_text':
    case 'output_text': {
      const { annotations, ...rest } = { annotations: undefined, ...given }
      delete (rest as { logprobs?: unknown }).logprobs
      const type = role === 'assistant' ? 'output_text' : 'input_text'
      return { ...rest, type, ...(Array.isArray(annotations) && annotations.length > 0 && { annotations }) }
    }
    case 'refusal': {
      const { logprobs: _logprobs, ...rest } = given
      return rest
    }
    default:
      return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
  }
}

/** OpenAI itself refuses other providers' cache marks. */
function withoutMarks(item: JsonObject): JsonObject {
  const { cache_control: _, ...rest } = item
  for (const name of ['content', 'output']) {
    const parts = rest[name]
    if (!Array.isArray(parts)) continue
    return { ...rest, [name]: parts.map(({ cache_control: _mark, ...part }: JsonObject) => part) }
  }
  return rest
}
