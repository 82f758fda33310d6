import type { ContentPart, NativeFields } from '@parley/kernel/items.ts'
import { isObject, type JsonObject } from './json-values.ts'
import { unsupported } from './unsupported.ts'

/**
 * Content parts as content blocks. A part that came as a block with more to it than a part can say is that block again;
 * texts without a character are left out, since this dialect refuses them. Throws UNSUPPORTED_PARAMETER.
 */
export function encodeBlocks(parts: readonly ContentPart[], path: string): JsonObject[] {
  return parts.flatMap((part, index) => {
    const block = blockOf(part.native)
    if (block !== null) return block
    const more = part.native?.dialect === 'messages' ? part.native.fields['more'] : undefined
    const [encoded, ...others] = encodePart(part, { path: `${path}[${index}]`, isOwn: isObject(more) })
    return encoded === undefined || !isObject(more) ? [encoded, ...others].filter(isObject) : [{ ...encoded, ...more }]
  })
}

/** The block that native fields hold; none of a part whose block another part stands for; null without native fields. */
export function blockOf(native: NativeFields | undefined): JsonObject[] | null {
  if (native?.dialect !== 'messages' || !('block' in native.fields)) return null
  const { block } = native.fields
  return isObject(block) ? [block] : []
}

/** A mark of what is to be cached stays on what it marks, whoever set it. */
export function marks(marked: object): JsonObject {
  return 'cache_control' in marked && isObject(marked.cache_control) ? { cache_control: marked.cache_control } : {}
}

/** `isOwn`: it came as a block, whose title comes with it. */
function encodePart(part: ContentPart, { path, isOwn }: { path: string; isOwn: boolean }): JsonObject[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...marks(part) }]
    case 'refusal':
      return part.refusal === '' ? [] : [{ type: 'text', text: part.refusal }]
    case 'input_image':
      return [{ type: 'image', source: imageSource(part, path), ...marks(part) }]
    case 'input_file':
      return [{ type: 'document', source: fileSource(part, path), ...(isOwn ? {} : titleOf(part)), ...marks(part) }]
    case 'input_audio':
      throw unsupported(path, 'sound; send its words as text')
  }
}

function imageSource(part: Extract<ContentPart, { type: 'input_image' }>, path: string): JsonObject {
  const { image_url: url, file_id: fileId } = part
  if (typeof url === 'string') return dataSource(url) ?? { type: 'url', url }
  if (typeof fileId === 'string') return { type: 'file', file_id: fileId }
  throw unsupported(path, 'an image without image_url or file_id')
}

/** Data without a media type is taken for a PDF, the one kind of data that this dialect has for documents. */
function fileSource(part: Extract<ContentPart, { type: 'input_file' }>, path: string): JsonObject {
  const { file_data: data, file_url: url, file_id: fileId } = part
  if (typeof data === 'string') return textSource(data) ?? dataSource(data) ?? base64('application/pdf', data)
  if (typeof url === 'string') return { type: 'url', url }
  if (typeof fileId === 'string') return { type: 'file', file_id: fileId }
  throw unsupported(path, 'a file without file_data, file_url or file_id')
}

function titleOf({ filename }: Extract<ContentPart, { type: 'input_file' }>): JsonObject {
  return typeof filename === 'string' && filename !== '' ? { title: filename } : {}
}

const dataUrl = /^data:([^;,]+)(?:;[^;,]*)*?(;base64)?,/i

function dataSource(url: string): JsonObject | null {
  const match = dataUrl.exec(url)
  return match?.[2] === undefined ? null : base64(match[1] ?? '', url.slice(match[0].length))
}

/** Plain text is a source of its own, and not encoded. */
function textSource(url: string): JsonObject | null {
  const match = dataUrl.exec(url)
  if (match?.[1]?.toLowerCase() !== 'text/plain') return null
  const rest = url.slice(match[0].length)
  const data = match[2] === undefined ? decodeURIComponent(rest) : Buffer.from(rest, 'base64').toString()
  return { type: 'text', media_type: 'text/plain', data }
}

function base64(type: string, data: string): JsonObject {
  return { type: 'base64', media_type: type, data }
}
