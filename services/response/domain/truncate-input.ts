import type { Item } from '@parley/kernel/items.ts'
import { estimateItemTokens } from '@parley/kernel/usage.ts'
import { ChainContext } from './chain-context.ts'

/**
 * The input without its oldest items, as far as it must be shortened to fit. What a system or developer says at its
 * beginning stays, and so does its last item, which the answer is to.
 */
export function truncateInput(items: readonly Item[], tokensMax: number): Item[] {
  const leading = items.findIndex((item) => !isGuidance(item))
  const guidance = items.slice(0, Math.max(0, leading))
  const window = new ChainContext(tokensMax - guidance.reduce((sum, item) => sum + estimateItemTokens(item), 0))
  window.take(items.slice(guidance.length))
  const kept = window.items()
  return [...guidance, ...(kept.length === 0 ? items.slice(guidance.length).slice(-1) : kept)]
}

function isGuidance(item: Item): boolean {
  return item.type === 'message' && (item.role === 'system' || item.role === 'developer')
}
