import type { NewId } from '@parley/chassis/values/ids.ts'
import type { ContentPart, FunctionOutputItem, Item, MessageItem } from '@parley/kernel/items.ts'
import { invalid } from '../schemas.ts'
import { decodePart, decodeParts, decodeText, foreign, marks } from './decode-blocks.ts'
import type { AssistantBlock, MessageParam, ToolResultBlock, UserBlock } from './schema.ts'

/**
 * Messages as items. Results of tools become function outputs in front of the message they came in; what an assistant
 * message holds becomes message, reasoning and function call items in the same order.
 * Throws INVALID_REQUEST, and UNSUPPORTED_PARAMETER for what has no place on an item.
 */
export function decodeMessages(messages: readonly MessageParam[], newId: NewId): Item[] {
  const items: Item[] = []
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}].content`
    if (message.role === 'assistant') items.push(...decodeAssistant(message.content, path, newId))
    else if (message.role === 'user') items.push(...decodeUser(message.content, path, newId))
    else items.push(messageItem('system', systemParts(message.content), newId))
  }
  if (messages.at(-1)?.role === 'assistant') {
    throw invalid(
      `messages[${messages.length - 1}].role`,
      `messages[${messages.length - 1}]: the last message must not be of the assistant; an answer cannot be begun for the model.`,
    )
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
  for (const [index, block] of content.entries()) {
    const place = `${path}[${index}]`
    if (block.type === 'tool_result') items.push(decodeResult(block, place, newId))
    else parts.push(...decodePart(block, place))
  }
  if (parts.length > 0 || items.length === 0) {
    if (parts.length === 0) throw invalid(path, `${path} must have at least one block.`)
    items.push(messageItem('user', parts, newId))
  }
  return items
}

function decodeResult(block: ToolResultBlock, path: string, newId: NewId): FunctionOutputItem {
  const { tool_use_id: callId, content, is_error: isError } = block
  return {
    id: newId('item'),
    type: 'function_call_output',
    status: 'completed',
    call_id: callId,
    output: typeof content === 'string' ? content : decodeParts(content ?? [], `${path}.content`),
    ...(isError === true && { is_error: true }),
    ...marks(block),
  }
}

function decodeAssistant(content: string | AssistantBlock[], path: string, newId: NewId): Item[] {
  if (typeof content === 'string') return [messageItem('assistant', [{ type: 'output_text', text: content }], newId)]
  const items: Item[] = []
  let open: MessageItem | null = null
  for (const [index, block] of content.entries()) {
    if (block.type === 'text') {
      const part = decodeText(block, 'output_text')
      if (open === null) {
        open = messageItem('assistant', [part], newId)
        items.push(open)
      } else open.content.push(part)
    } else {
      open = null
      items.push(decodeOther(block, `${path}[${index}]`, newId))
    }
  }
  return items
}

function decodeOther(block: Exclude<AssistantBlock, { type: 'text' }>, path: string, newId: NewId): Item {
  switch (block.type) {
    case 'tool_use':
      return {
        id: newId('fc'),
        type: 'function_call',
        status: 'completed',
        call_id: block.id,
        name: block.name,
        arguments: JSON.stringify(block.input),
        ...marks(block),
      }
    case 'thinking': {
      const { thinking: text, signature } = block
      const signed = typeof signature === 'string' && signature !== ''
      return {
        id: newId('rs'),
        type: 'reasoning',
        status: 'completed',
        summary: [],
        content: [{ type: 'reasoning_text', text }],
        ...(signed && { signature }),
      }
    }
    case 'redacted_thinking':
      return { id: newId('rs'), type: 'reasoning', status: 'completed', summary: [], encrypted_content: block.data }
    default:
      throw foreign(block, path)
  }
}
