import type { Item } from '@parley/kernel/items.ts'

export interface SizedItem {
  readonly item: Item
  readonly tokens: number
}

export interface WindowLimits {
  readonly tokensMax: number
  readonly itemsMax: number
}

export interface ContextWindow {
  /** Oldest first. */
  readonly items: Item[]
  readonly tokens: number
  /** True when older items did not fit. */
  readonly truncated: boolean
}

/**
 * Chooses what a model sees of a session: the newest items that fit, without a gap, and then without those that a
 * provider would refuse because their other half is missing:
 *
 * - an output goes when its call fell out of the window, or was deleted;
 * - a call goes when it has no output, unless only the model has spoken since: then its output is still to come;
 * - reasoning goes when what it led to is not right behind it.
 *
 * Reads pages (newest item first) only until the limits are reached, so its cost does not depend on the session's length.
 */
export async function chooseContextWindow(
  pages: AsyncIterable<readonly SizedItem[]>,
  limits: WindowLimits,
): Promise<ContextWindow> {
  const { taken, truncated } = await takeNewest(pages, limits)
  const kept = withoutLooseEnds(taken).reverse()
  return {
    items: kept.map((entry) => entry.item),
    tokens: kept.reduce((sum, entry) => sum + entry.tokens, 0),
    truncated,
  }
}

async function takeNewest(pages: AsyncIterable<readonly SizedItem[]>, { tokensMax, itemsMax }: WindowLimits) {
  const taken: SizedItem[] = []
  let tokens = 0
  for await (const page of pages) {
    for (const entry of page) {
      tokens += entry.tokens
      if (tokens > tokensMax || taken.length === itemsMax) return { taken, truncated: true }
      taken.push(entry)
    }
  }
  return { taken, truncated: false }
}

function withoutLooseEnds(newestFirst: readonly SizedItem[]): SizedItem[] {
  const kept = matchCalls(newestFirst)
  for (const [index, { item }] of newestFirst.entries()) {
    if (item.type !== 'reasoning') continue
    const follower = newestFirst[index - 1]
    if (follower !== undefined && kept.has(index - 1) && isModelOutput(follower.item)) kept.add(index)
  }
  return newestFirst.filter((_, index) => kept.has(index))
}

/** Indexes of all messages, of calls with their outputs, and of calls whose output is still to come. */
function matchCalls(newestFirst: readonly SizedItem[]): Set<number> {
  const kept = new Set<number>()
  // Models reuse call ids from turn to turn, so an output belongs to the nearest older call of its id.
  const outputs = new Map<string, number[]>()
  let onlyModelSince = true
  for (const [index, { item }] of newestFirst.entries()) {
    if (item.type === 'message') {
      kept.add(index)
      if (item.role !== 'assistant') onlyModelSince = false
    } else if (item.type === 'function_call_output') {
      const waiting = outputs.get(item.call_id)
      if (waiting === undefined) outputs.set(item.call_id, [index])
      else waiting.push(index)
    } else if (item.type === 'function_call') {
      const output = outputs.get(item.call_id)?.pop()
      if (output !== undefined) kept.add(output)
      if (output !== undefined || onlyModelSince) kept.add(index)
    }
  }
  return kept
}

function isModelOutput(item: Item): boolean {
  if (item.type === 'message') return item.role === 'assistant'
  return item.type === 'function_call' || item.type === 'reasoning'
}
