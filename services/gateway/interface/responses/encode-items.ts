import type { ContentPart, FunctionCallItem, Item, MessageItem } from '@parley/kernel/items.ts'
import { compactionOf } from './compaction-item.ts'
import { encodeLogprob } from './encode-logprobs.ts'

export const itemCodec = { idOf: ({ id }: Item) => id, encode: encodeItem }

/** An item as this wire shows it: with a status, and each part with every field that clients rely on. */
export function encodeItem(item: Item): object {
  const compaction = compactionOf(item)
  if (compaction !== null) return compaction
  const status = item.status ?? 'completed'
  switch (item.type) {
    case 'message':
      if (item.native?.dialect === 'responses') return encodeHosted(item, status)
      return { ...item, status, content: item.content.map(encodePart) }
    case 'function_call':
      return item.custom === true ? encodeCustomCall(item, status) : { ...item, status }
    case 'function_call_output': {
      const { custom, ...rest } = item
      const type = custom === true ? 'custom_tool_call_output' : item.type
      const output = typeof item.output === 'string' ? item.output : item.output.map(encodePart)
      return { ...rest, type, status, output }
    }
    default:
      return { ...item, status }
  }
}

/** What the tools of a provider of this dialect made, as the provider told it. */
function encodeHosted({ id, content, native, ...message }: MessageItem, status: string): object {
  const made = native?.fields['item']
  if (typeof made !== 'object' || made === null) return { ...message, id, status, content: content.map(encodePart) }
  return { status, ...made, id }
}

function encodeCustomCall({ arguments: input, custom: _, ...rest }: FunctionCallItem, status: string): object {
  return { ...rest, type: 'custom_tool_call', status, input }
}

export function encodePart(part: ContentPart): object {
  switch (part.type) {
    case 'output_text':
      return { ...part, annotations: part.annotations ?? [], logprobs: (part.logprobs ?? []).map(encodeLogprob) }
    case 'input_image':
      return {
        ...part,
        detail: part.detail ?? 'auto',
        file_id: part.file_id ?? null,
        image_url: part.image_url ?? null,
      }
    default:
      return part
  }
}
