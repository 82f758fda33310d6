import type { Item } from '@parley/kernel/items.ts'
import { estimateItemTokens } from '@parley/kernel/usage.ts'

/**
 * The context of a response that continues another: the items of the chain, collected newest first until the budget is
 * used up. Function outputs whose call did not fit are left out as well, since no model accepts one without the other.
 */
export class ChainContext {
  readonly #newestFirst: Item[] = []
  #tokensLeft: number

  constructor(tokensMax: number) {
    this.#tokensLeft = tokensMax
  }

  /** Takes one response of the chain, given oldest item first. False when the budget is used up: stop walking. */
  take(items: readonly Item[]): boolean {
    for (const item of items.toReversed()) {
      const tokens = estimateItemTokens(item)
      if (tokens > this.#tokensLeft) return false
      this.#tokensLeft -= tokens
      this.#newestFirst.push(item)
    }
    return true
  }

  /** Oldest first, ready to be followed by the new input. */
  items(): Item[] {
    const called = new Set<string>()
    return this.#newestFirst.toReversed().filter((item) => {
      if (item.type === 'function_call') called.add(item.call_id)
      return item.type !== 'function_call_output' || called.has(item.call_id)
    })
  }
}
