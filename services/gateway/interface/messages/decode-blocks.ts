import type { ContentPart } from '@parley/kernel/items.ts'
import { unsupported } from '../schemas.ts'
import type { DocumentBlock, ForeignBlock, ImageBlock, ResultPart, SearchResultBlock, TextBlock } from './schema.ts'

type TextPart = Extract<ContentPart, { text: string }>

/** Cache marks stay on the part they mark. Throws UNSUPPORTED_PARAMETER for what no other dialect can say. */
export function decodeParts(blocks: readonly ResultPart[], path: string): ContentPart[] {
  return blocks.flatMap((block, index) => decodePart(block, `${path}[${index}]`))
}

export function decodePart(block: ResultPart, path: string): ContentPart[] {
  switch (block.type) {
    case 'text':
      return [decodeText(block, 'input_text')]
    case 'image':
      return [decodeImage(block, path)]
    case 'document':
      return decodeDocument(block, path)
    case 'search_result':
      return [decodeSearchResult(block, path)]
    default:
      throw foreign(block, path)
  }
}

/** Citations of an earlier answer become its annotations, which later turns of any provider do without. */
export function decodeText(block: TextBlock, type: 'input_text' | 'output_text'): TextPart {
  const { text, citations } = block
  const cited = type === 'output_text' && citations !== null && citations !== undefined && citations.length > 0
  return { type, text, ...(cited && { annotations: citations }), ...marks(block) }
}

export function foreign({ type }: ForeignBlock, path: string) {
  return unsupported(
    `${path}.type`,
    `${path}: blocks of type '${type}' belong to tools that run at Anthropic, which Parley does not offer. Leave the block out.`,
  )
}

export function marks({ cache_control: mark }: { cache_control?: object | null | undefined }): object {
  return mark === null || mark === undefined ? {} : { cache_control: mark }
}

function decodeImage(block: ImageBlock, path: string): ContentPart {
  const { source, transformations } = block
  if (transformations !== null && transformations !== undefined) {
    throw unsupported(`${path}.transformations`, `${path}.transformations is not supported. Leave it out.`)
  }
  switch (source.type) {
    case 'base64':
      return { type: 'input_image', image_url: dataUrl(source), ...marks(block) }
    case 'url':
      return { type: 'input_image', image_url: source.url, ...marks(block) }
    case 'file':
      return { type: 'input_image', file_id: source.file_id, ...marks(block) }
  }
}

function decodeDocument(block: DocumentBlock, path: string): ContentPart[] {
  refuseCitations(block, path)
  const { source, title, context } = block
  const about = [title, context].filter((text) => typeof text === 'string' && text !== '')
  const heading = about.map((text): ContentPart => ({ type: 'input_text', text: String(text) }))
  switch (source.type) {
    case 'base64': {
      const filename = typeof title === 'string' && title !== '' ? title : 'document'
      const note = typeof context === 'string' && context !== '' ? [{ type: 'input_text' as const, text: context }] : []
      return [...note, { type: 'input_file', file_data: dataUrl(source), filename, ...marks(block) }]
    }
    case 'url':
      return [...heading, { type: 'input_file', file_url: source.url, ...marks(block) }]
    case 'file':
      return [...heading, { type: 'input_file', file_id: source.file_id, ...marks(block) }]
    case 'text':
      return [{ type: 'input_text', text: [...about, source.data].join('\n\n'), ...marks(block) }]
    case 'content': {
      const { content } = source
      if (typeof content === 'string') {
        return [{ type: 'input_text', text: [...about, content].join('\n\n'), ...marks(block) }]
      }
      return [...heading, ...decodeParts(content, `${path}.source.content`)]
    }
  }
}

function decodeSearchResult(block: SearchResultBlock, path: string): ContentPart {
  refuseCitations(block, path)
  const { title, source, content } = block
  return { type: 'input_text', text: [title, source, ...content.map(({ text }) => text)].join('\n\n'), ...marks(block) }
}

function refuseCitations({ citations }: DocumentBlock | SearchResultBlock, path: string): void {
  if (citations?.enabled !== true) return
  throw unsupported(`${path}.citations`, `${path}.citations: answers with citations are not supported. Leave it out.`)
}

function dataUrl({ media_type: type, data }: { media_type: string; data: string }): string {
  return `data:${type};base64,${data}`
}
