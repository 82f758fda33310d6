import type { NewId } from '@parley/chassis/values/ids.ts'
import type { ContentPart, Item } from '@parley/kernel/items.ts'
import { withoutWrongOwn } from '../own-fields.ts'
import { decodeCompaction } from './compaction-item.ts'
import type { ResolvedInput, ResolvedItem } from './resolve-references.ts'
import type { InputPart } from './schema.ts'

/** Input items as they are kept: with an id and a status, text as parts, and without fields that say nothing. */
export function decodeItems(input: ResolvedInput, newId: NewId): Item[] {
  if (typeof input === 'string') return [decodeItem({ role: 'user', content: input }, newId)]
  return input.map((item) => decodeItem(item, newId))
}

function decodeItem(given: ResolvedItem, newId: NewId): Item {
  const item = withoutWrongOwn(given)
  switch (item.type) {
    case 'function_call': {
      const { id, status, ...rest } = item
      return { ...rest, id: id ?? newId('fc'), status: status ?? 'completed' }
    }
    case 'function_call_output': {
      const { id, status, output, ...rest } = item
      return {
        ...rest,
        id: id ?? newId('item'),
        status: status ?? 'completed',
        output: typeof output === 'string' ? output : output.map(decodePart),
      }
    }
    case 'custom_tool_call': {
      const { id, status, input, ...rest } = item
      const made = { id: id ?? newId('fc'), status: status ?? 'completed', custom: true } as const
      return { ...rest, ...made, type: 'function_call', arguments: input }
    }
    case 'custom_tool_call_output': {
      const { id, status, output, ...rest } = item
      const made = { id: id ?? newId('item'), status: status ?? 'completed', custom: true } as const
      return {
        ...rest,
        ...made,
        type: 'function_call_output',
        output: typeof output === 'string' ? output : output.map(decodePart),
      }
    }
    case 'reasoning': {
      const { id, status, content, ...rest } = item
      return {
        ...rest,
        id: id ?? newId('rs'),
        status: status ?? 'completed',
        ...(Array.isArray(content) && { content }),
      }
    }
    case 'compaction':
      return decodeCompaction({ ...item, id: item.id ?? newId('cmp') })
    case 'web_search_call':
    case 'file_search_call':
    case 'code_interpreter_call':
    case 'image_generation_call':
    case 'mcp_list_tools':
    case 'mcp_call': {
      const id = item.id ?? newId('item')
      const native = { dialect: 'responses' as const, fields: { item } }
      return { id, type: 'message', status: 'completed', role: 'assistant', content: [], native }
    }
    default: {
      const { id, status, content, role, ...rest } = item
      const textType = role === 'assistant' ? 'output_text' : 'input_text'
      return {
        ...rest,
        id: id ?? newId('msg'),
        type: 'message',
        status: status ?? 'completed',
        role,
        content: typeof content === 'string' ? [{ type: textType, text: content }] : content.map(decodePart),
      }
    }
  }
}

function decodePart(part: InputPart): ContentPart {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(part)) if (value !== null) kept[name] = value
  return withoutWrongOwn(kept) as ContentPart
}
