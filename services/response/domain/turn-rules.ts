import { type Item, itemText } from '@parley/kernel/items.ts'
import type { Outcome } from './outcome.ts'

/**
 * What later turns see of this one, in a session or a chain: the input and the output, or nothing. A turn that ran to its
 * end is kept whole, but for what attempts before the last had begun. One that was cut off is kept when there is text that someone may have read, and then without calls: nobody is going to
 * answer them. A failed turn is as if it had not been.
 */
export function keptItems(outcome: Outcome, input: readonly Item[], output: readonly Item[]): Item[] {
  if (outcome.status === 'failed') return []
  if (outcome.finish !== null) return [...input, ...output.slice(outcome.abandonedItems ?? 0)]
  const written = output.filter((item) => item.type === 'message' && itemText(item) !== '')
  return written.length === 0 ? [] : [...input, ...written]
}
