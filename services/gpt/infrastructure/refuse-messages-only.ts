import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item, MessageItem, NativeFields } from '@parley/kernel/items.ts'
import type { ModelRequest } from '../application/ports.ts'
import { isObject, objectsOf } from './json-values.ts'
import { unsupported } from './unsupported.ts'

/** Throws UNSUPPORTED_PARAMETER for everything in a request that only providers of Messages understand. */
export function refuseMessagesOnly({ items, options }: ModelRequest): void {
  refuseMessagesParameters(options.native, items)
  for (const [index, item] of items.entries()) {
    const parts = item.type === 'message' ? item.content : item.type === 'function_call_output' ? item.output : []
    if (item.type === 'message') refuseForeignItem(item)
    if (typeof parts === 'string') continue
    for (const { native } of parts) if (native !== undefined) refuseForeign(native, `input[${index}]`)
  }
}

/** What the parameters ask for; and an answer that is begun for the model, when the caller speaks Messages. */
export function refuseMessagesParameters(native: GenerationOptions['native'], items: readonly Item[]): void {
  if (native?.dialect !== 'messages') return
  const { parameters } = native
  for (const name of serverParameters) {
    const value = parameters[name]
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) throw unsupported(name, leftOut(name))
  }
  for (const [index, { type }] of objectsOf(parameters['tools']).entries()) {
    if (typeof type !== 'string' || type === 'custom') continue
    const place = `tools[${index}].type`
    throw unsupported(
      place,
      `${place}: tools of type '${type.slice(0, 100)}' run at Anthropic; send tools with an input_schema`,
    )
  }
  const last = items.at(-1)
  if (last?.type === 'function_call_output' || (last?.type === 'message' && last.role !== 'assistant')) return
  throw unsupported('messages', 'a last message of the assistant in messages; end them with one of the user')
}

/** Throws for a block that is nothing to other providers. */
export function refuseForeignItem({ native }: MessageItem): void {
  if (native?.dialect === 'messages') refuseForeign(native, 'messages')
}

/** Throws for native fields without which the answer would be another. */
export function refuseForeign({ dialect, fields }: NativeFields, path: string): void {
  if (dialect !== 'messages') return
  const { block, more } = fields
  if (isObject(block) && !knownBlocks.has(String(block['type']))) {
    throw unsupported(
      path,
      `${path}: blocks of type '${String(block['type'])}', which belong to tools that run at Anthropic; leave them out`,
    )
  }
  for (const said of [block, more]) {
    if (!isObject(said)) continue
    const { citations, transformations } = said
    if (isObject(citations) && citations['enabled'] === true) {
      throw unsupported(`${path}.citations`, `${path}.citations: answers with citations; leave it out`)
    }
    if (transformations !== undefined) throw unsupported(`${path}.transformations`, leftOut(`${path}.transformations`))
  }
}

function leftOut(name: string): string {
  return `${name}; leave it out`
}

const serverParameters = ['container', 'mcp_servers', 'inference_geo'] as const
const knownBlocks: ReadonlySet<string> = new Set(['text', 'image', 'document', 'search_result'])
