import type { ContentPart, NativeFields } from '@parley/kernel/items.ts'
import type { DocumentBlock, ForeignBlock, ImageBlock, ResultPart, SearchResultBlock, TextBlock } from './schema.ts'

type TextPart = Extract<ContentPart, { text: string }>

/**
 * Blocks as parts that providers of any dialect can be told. What a part cannot say stays with it as native fields:
 * `block` is the block as it came, null on the other parts of a block that became several; `more` are fields of the block
 * that are added to what the part says.
 */
export function decodeParts(blocks: readonly ResultPart[]): ContentPart[] {
  return blocks.flatMap(decodePart)
}

export function decodePart(block: ResultPart): ContentPart[] {
  if (isText(block)) return [decodeText(block, 'input_text')]
  if (isImage(block)) return [decodeImage(block)]
  if (isDocument(block)) return decodeDocument(block)
  if (isSearchResult(block)) return [decodeSearchResult(block)]
  return [foreignPart(block)]
}

const isText = (block: ResultPart): block is TextBlock => block.type === 'text'
const isImage = (block: ResultPart): block is ImageBlock => block.type === 'image'
const isDocument = (block: ResultPart): block is DocumentBlock => block.type === 'document'
const isSearchResult = (block: ResultPart): block is SearchResultBlock => block.type === 'search_result'

export function decodeText(block: TextBlock, type: 'input_text' | 'output_text'): TextPart {
  return { type, text: block.text, ...marks(block), ...rest(block, textFields) }
}

/** What only Anthropic's own tools can read: a part without words. */
export function foreignPart(block: ForeignBlock): ContentPart {
  return { type: 'input_text', text: '', native: messagesNative({ block }) }
}

export function messagesNative(fields: NativeFields['fields']): NativeFields {
  return { dialect: 'messages', fields }
}

/** Cache marks stay on the part they mark, where providers of other dialects may know them too. */
export function marks({ cache_control: mark }: { cache_control?: object | null | undefined }): object {
  return mark === null || mark === undefined ? {} : { cache_control: mark }
}

/** Fields of a block that say something and are not among `known`. */
export function unknownFields(block: object, known: ReadonlySet<string>): Record<string, unknown> | null {
  const found = Object.entries(block).filter(([name, value]) => !known.has(name) && !saysNothing(value))
  return found.length === 0 ? null : Object.fromEntries(found)
}

function saysNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}

function rest(block: object, known: ReadonlySet<string>): { native?: NativeFields } {
  const more = unknownFields(block, known)
  return more === null ? {} : { native: messagesNative({ more }) }
}

const textFields: ReadonlySet<string> = new Set(['type', 'text', 'cache_control'])
const sourceFields: ReadonlySet<string> = new Set(['type', 'source', 'cache_control'])

function decodeImage(block: ImageBlock): ContentPart {
  const { source } = block
  const kept = { ...marks(block), ...rest(block, sourceFields) }
  switch (source.type) {
    case 'base64':
      return { type: 'input_image', image_url: dataUrl(source), ...kept }
    case 'url':
      return { type: 'input_image', image_url: source.url, ...kept }
    case 'file':
      return { type: 'input_image', file_id: source.file_id, ...kept }
  }
}

/** Title and context are told in front of a document that other dialects have no place for them in. */
function decodeDocument(block: DocumentBlock): ContentPart[] {
  const { source, title, context } = block
  const about = [title, context].filter((text) => typeof text === 'string' && text !== '').map(String)
  const part = { ...marks(block), native: messagesNative({ more: unknownFields(block, sourceFields) ?? {} }) }
  switch (source.type) {
    case 'base64': {
      const filename = typeof title === 'string' && title !== '' ? title : 'document'
      const note = typeof context === 'string' && context !== '' ? [context] : []
      return [...note.map(beside), { type: 'input_file', file_data: dataUrl(source), filename, ...part }]
    }
    case 'url':
      return [...about.map(beside), { type: 'input_file', file_url: source.url, ...part }]
    case 'file':
      return [...about.map(beside), { type: 'input_file', file_id: source.file_id, ...part }]
    case 'text':
      return [wholeText(block, [...about, source.data])]
    case 'content': {
      const { content } = source
      if (typeof content === 'string') return [wholeText(block, [...about, content])]
      const parts = decodeParts(content).map((inner) => ({ ...inner, native: messagesNative({ block: null }) }))
      return [wholeText(block, about), ...parts]
    }
  }
}

/** Words that belong to the block of another part. */
function beside(text: string): TextPart {
  return { type: 'input_text', text, native: messagesNative({ block: null }) }
}

/** A block that is words to other dialects. */
function wholeText(block: DocumentBlock | SearchResultBlock, texts: readonly string[]): TextPart {
  return { type: 'input_text', text: texts.join('\n\n'), ...marks(block), native: messagesNative({ block }) }
}

function decodeSearchResult(block: SearchResultBlock): ContentPart {
  return wholeText(block, [block.title, block.source, ...block.content.map(({ text }) => text)])
}

function dataUrl({ media_type: type, data }: { media_type: string; data: string }): string {
  return `data:${type};base64,${data}`
}
