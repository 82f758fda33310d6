import { AppError } from '@parley/chassis/values/errors.ts'
import type { Item, MessageItem } from '@parley/kernel/items.ts'

/**
 * A compaction stands for the turns it was made of. Clients hold it as an opaque item; inside it is a message of the
 * user with a summary, so that every model can read it. It holds nothing that its holder has not sent itself, and is
 * neither secret nor signed.
 */
export interface CompactionItem {
  readonly type: 'compaction'
  readonly id: string
  readonly encrypted_content: string
}

const prefix = 'parley1.'
const heading = 'Summary of the conversation so far:\n\n'
/** Marks the message as a compaction; items keep fields that nobody knows. */
const mark = 'parley_compaction'

export function encodeCompaction(id: string, summary: string): CompactionItem {
  const content = prefix + Buffer.from(summary, 'utf8').toString('base64url')
  return { type: 'compaction', id, encrypted_content: content }
}

/** The message that a model reads instead. Throws INVALID_REQUEST for content that was not made here. */
export function decodeCompaction({ id, encrypted_content: content }: CompactionItem): MessageItem {
  if (!content.startsWith(prefix)) {
    throw new AppError('INVALID_REQUEST', 'This compaction was not made by Parley. Send the items it stands for.', {
      param: 'input',
    })
  }
  const summary = Buffer.from(content.slice(prefix.length), 'base64url').toString('utf8')
  const message: MessageItem = {
    id,
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_text', text: heading + summary }],
  }
  return Object.assign(message, { [mark]: content })
}

/** The compaction that an item was decoded from; null for any other item. */
export function compactionOf(item: Item): CompactionItem | null {
  if (item.type !== 'message' || !(mark in item)) return null
  const content = (item as Readonly<Record<string, unknown>>)[mark]
  return typeof content === 'string' ? { type: 'compaction', id: item.id, encrypted_content: content } : null
}
