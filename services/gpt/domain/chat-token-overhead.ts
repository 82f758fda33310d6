import type { Item } from '@parley/kernel/items.ts'

/** Tokens that a chat adds to its texts: 3 per message, 1 per name, 3 that prime the reply. */
export function chatOverheadTokens(items: readonly Item[], { instructions }: { instructions: string | null }): number {
  let tokens = 3 + (instructions === null ? 0 : 3)
  for (const item of items) {
    tokens += 3
    if (item.type === 'message' && item.name !== undefined) tokens += 1
  }
  return tokens
}

/** True when the texts alone decide the count: no images, files, audio or function calls. */
export function isPlainConversation(items: readonly Item[]): boolean {
  return items.every((item) => item.type === 'message' && item.content.every((part) => textTypes.has(part.type)))
}

const textTypes = new Set<string>(['input_text', 'output_text', 'refusal'])
