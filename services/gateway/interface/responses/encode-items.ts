import type { ContentPart, Item } from '@parley/kernel/items.ts'
import { compactionOf } from './compaction-item.ts'

/** An item as this wire shows it: with a status, and each part with every field that clients rely on. */
export function encodeItem(item: Item): object {
  const compaction = compactionOf(item)
  if (compaction !== null) return compaction
  const status = item.status ?? 'completed'
  switch (item.type) {
    case 'message':
      return { ...item, status, content: item.content.map(encodePart) }
    case 'function_call_output':
      return { ...item, status, output: typeof item.output === 'string' ? item.output : item.output.map(encodePart) }
    default:
      return { ...item, status }
  }
}

export function encodePart(part: ContentPart): object {
  switch (part.type) {
    case 'output_text':
      return { ...part, annotations: part.annotations ?? [], logprobs: part.logprobs ?? [] }
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
