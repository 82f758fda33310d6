import type { NewId } from '@parley/chassis/values/ids.ts'
import type {
  ContentPart,
  FunctionCallItem,
  FunctionOutputItem,
  Item,
  MessageItem,
  NativeFields,
} from '@parley/kernel/items.ts'
import { invalid } from '../schemas.ts'
import { decodePart, decodeParts, decodeText, marks, messagesNative, unknownFields } from './decode-blocks.ts'
import type {
  AssistantBlock,
  MessageParam,
  RedactedThinkingBlock,
  TextBlock,
  ThinkingBlock,
  ToolResultBlock,
  ToolUseBlock,
  UserBlock,
} from './schema.ts'

/**
 * Messages as items. Results of tools become function outputs in front of the message they came in; what an assistant
 * message holds becomes message, reasoning and function call items in the same order.
 * Throws INVALID_REQUEST.
 */
export function decodeMessages(messages: readonly MessageParam[], newId: NewId): Item[] {
  const items: Item[] = []
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}].content`
    if (message.role === 'assistant') items.push(...decodeAssistant(message.content, newId))
    else if (message.role === 'user') items.push(...decodeUser(message.content, path, newId))
    else items.push(messageItem('system', systemParts(message.content), newId))
  }
  return items
}

export function messageItem(role: MessageItem['role'], content: ContentPart[], newId: NewId): MessageItem {
  return { id: newId('msg'), type: 'message', status: 'completed', role, content }
}

export function systemParts(content: string | Parameters<typeof decodeText>[0][]): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }]
  return content.map((block) => decodeText(block, 'input_text'))
}

function decodeUser(content: string | UserBlock[], path: string, newId: NewId): Item[] {
  if (typeof content === 'string') return [messageItem('user', [{ type: 'input_text', text: content }], newId)]
  const items: Item[] = []
  const parts: ContentPart[] = []
  for (const block of content) {
    if (isResult(block)) items.push(decodeResult(block, newId))
    else parts.push(...decodePart(block))
  }
  if (parts.length > 0 || items.length === 0) {
    if (parts.length === 0) throw invalid(path, `${path} must have at least one block.`)
    items.push(messageItem('user', parts, newId))
  }
  return items
}

function isResult(block: UserBlock): block is ToolResultBlock {
  return block.type === 'tool_result'
}

const resultFields: ReadonlySet<string> = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

function decodeResult(block: ToolResultBlock, newId: NewId): FunctionOutputItem {
  const { tool_use_id: callId, content, is_error: isError } = block
  return {
    id: newId('item'),
    type: 'function_call_output',
    status: 'completed',
    call_id: callId,
    output: typeof content === 'string' ? content : decodeParts(content ?? []),
    ...(isError === true && { is_error: true }),
    ...marks(block),
    ...nativeOf(block, resultFields),
  }
}

function nativeOf(block: object, known: ReadonlySet<string>): { native?: NativeFields } {
  const fields = unknownFields(block, known)
  return fields === null ? {} : { native: messagesNative(fields) }
}

function decodeAssistant(content: string | AssistantBlock[], newId: NewId): Item[] {
  if (typeof content === 'string') return [messageItem('assistant', [{ type: 'output_text', text: content }], newId)]
  const items: Item[] = []
  let open: MessageItem | null = null
  for (const block of content) {
    if (isText(block)) {
      const part = decodeText(block, 'output_text')
      if (open === null) {
        open = messageItem('assistant', [part], newId)
        items.push(open)
      } else open.content.push(part)
    } else {
      open = null
      items.push(decodeOther(block, newId))
    }
  }
  return items
}

type OtherBlock = Exclude<AssistantBlock, { type: 'text' }>
const isText = (block: AssistantBlock): block is TextBlock => block.type === 'text'
const isToolUse = (block: OtherBlock): block is ToolUseBlock => block.type === 'tool_use'
const isThinking = (block: OtherBlock): block is ThinkingBlock => block.type === 'thinking'
const isRedacted = (block: OtherBlock): block is RedactedThinkingBlock => block.type === 'redacted_thinking'

/** Blocks of tools that run at Anthropic become messages that only Anthropic can read. */
function decodeOther(block: OtherBlock, newId: NewId): Item {
  if (isToolUse(block)) return decodeCall(block, newId)
  const reasoning = { id: newId('rs'), type: 'reasoning', status: 'completed', summary: [] } as const
  if (isThinking(block)) {
    const { thinking: text, signature } = block
    const signed = typeof signature === 'string' && signature !== ''
    return { ...reasoning, summary: [], content: [{ type: 'reasoning_text', text }], ...(signed && { signature }) }
  }
  if (isRedacted(block)) return { ...reasoning, summary: [], encrypted_content: block.data }
  return { ...messageItem('assistant', [], newId), native: messagesNative({ block }) }
}

const callFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'cache_control'])

/** Who called is told unless it was the model itself, which is the rule. */
function decodeCall(block: ToolUseBlock, newId: NewId): FunctionCallItem {
  const { caller, ...others } = block as ToolUseBlock & { caller?: { type?: unknown } | null }
  return {
    id: newId('fc'),
    type: 'function_call',
    status: 'completed',
    call_id: block.id,
    name: block.name,
    arguments: JSON.stringify(block.input),
    ...marks(block),
    ...nativeOf(caller?.type === 'direct' ? others : block, callFields),
  }
}
