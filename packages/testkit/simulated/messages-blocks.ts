import type { ContentPart, Item } from '@parley/kernel/items.ts'
import { redactedReasoning, signReasoning } from './messages-signature.ts'

type Json = Readonly<Record<string, unknown>>
type Role = 'user' | 'assistant' | 'system'

/** Adds the items of one message. Returns what is wrong with it, or null. */
export function addBlocks(
  items: Item[],
  blocks: readonly unknown[],
  { role, index }: { role: Role; index: number },
): string | null {
  const parts: ContentPart[] = []
  const added: Item[] = []
  const open = role === 'user' ? openCalls(items) : new Set<string>()
  const unanswered = new Set(openCalls(items))
  for (const [number, block] of blocks.entries()) {
    const place = `messages.${index}.content.${number}`
    if (!isJson(block)) return `${place}: Input should be an object`
    const id = `sim_${index}_${number}`
    const problem = problemOf(block, { role, open })
    if (problem !== null) return `${place}: ${problem}`
    if (block['type'] === 'tool_result') unanswered.delete(String(block['tool_use_id']))
    const item = itemOf(block, id)
    if (item === null) parts.push(partOf(block, role))
    else added.push(item)
  }
  if (unanswered.size > 0) {
    return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...unanswered].join(', ')}`
  }
  const [results, calls] = role === 'user' ? [added, []] : [[], added]
  items.push(...results)
  if (parts.length > 0) items.push({ type: 'message', id: `sim_${index}`, role, content: parts })
  items.push(...calls)
  return null
}

function problemOf(block: Json, { role, open }: { role: Role; open: ReadonlySet<string> }): string | null {
  switch (block['type']) {
    case 'text':
      return typeof block['text'] === 'string' && block['text'] !== '' ? null : 'text content blocks must be non-empty'
    case 'tool_result':
      if (role === 'user' && open.has(String(block['tool_use_id']))) return null
      return `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(block['tool_use_id'])}`
    case 'tool_use':
      return role === 'assistant' && isJson(block['input']) ? null : 'input: Input should be a valid dictionary'
    case 'thinking':
      return block['signature'] === signReasoning(String(block['thinking']))
        ? null
        : 'Invalid `signature` in `thinking` block'
    case 'redacted_thinking':
      return block['data'] === redactedReasoning ? null : 'Invalid `data` in `redacted_thinking` block'
    default:
      return typeof block['type'] === 'string' ? null : 'type: Field required'
  }
}

/** The calls of the latest message of the assistant. */
function openCalls(items: readonly Item[]): Set<string> {
  const lastOther = items.findLastIndex((item) => item.type === 'function_call_output' || isOfUser(item))
  const calls = items.slice(lastOther + 1).filter((item) => item.type === 'function_call')
  return new Set(calls.map((call) => call.call_id))
}

function isOfUser(item: Item): boolean {
  return item.type === 'message' && item.role !== 'assistant'
}

/** Null for what is a part of the message. */
function itemOf(block: Json, id: string): Item | null {
  switch (block['type']) {
    case 'tool_use':
      return {
        type: 'function_call',
        id,
        call_id: String(block['id']),
        name: String(block['name']),
        arguments: JSON.stringify(block['input']),
      }
    case 'tool_result':
      return {
        type: 'function_call_output',
        id,
        call_id: String(block['tool_use_id']),
        output: textOf(block['content']),
      }
    case 'thinking':
      return {
        type: 'reasoning',
        id,
        summary: [],
        content: [{ type: 'reasoning_text', text: String(block['thinking']) }],
      }
    case 'redacted_thinking':
      return { type: 'reasoning', id, summary: [], encrypted_content: String(block['data']) }
    default:
      return null
  }
}

function partOf(block: Json, role: Role): ContentPart {
  if (block['type'] !== 'text') return { type: 'input_image' }
  return { type: role === 'assistant' ? 'output_text' : 'input_text', text: String(block['text']) }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((block) => (isJson(block) && typeof block['text'] === 'string' ? block['text'] : '')).join('')
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
