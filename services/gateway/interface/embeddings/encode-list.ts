import type { Item } from '@parley/kernel/items.ts'
import type { Outcome } from '../output-accumulator.ts'

/** The vectors of a response as a list of embeddings. */
export function encodeEmbeddings({ start, output, end }: Outcome) {
  const tokens = end.usage?.inputTokens ?? 0
  return {
    object: 'list',
    data: output.map((item, index) => ({ object: 'embedding', index, embedding: vectorOf(item) })),
    model: start.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function vectorOf({ native }: Item): unknown {
  return native?.fields['embedding'] ?? []
}
