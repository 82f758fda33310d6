import type { Item } from '@parley/kernel/items.ts'
import { estimateItemTokens, estimateTextTokens, type Usage } from '@parley/kernel/usage.ts'

export interface ContextBudget {
  /** The most that earlier turns may take, whatever the model could hold. */
  readonly contextTokensMax: number
  /** Input and output together, as the model allows. */
  readonly modelTokensMax: number
  readonly maxOutputTokens: number | undefined
  readonly instructions: string | null
  readonly items: readonly Item[]
}

/** What an answer is given when nobody said how long it may be. */
const outputReserveTokens = 4_096

/** Tokens left for earlier turns beside the new input and the answer; never negative. */
export function tokensForContext(budget: ContextBudget): number {
  const {
    contextTokensMax,
    modelTokensMax,
    maxOutputTokens = Math.min(outputReserveTokens, modelTokensMax / 4),
  } = budget
  const left = Math.min(contextTokensMax, modelTokensMax - maxOutputTokens) - estimateInputTokens(budget)
  return Math.max(0, Math.floor(left))
}

/** For a generation whose provider never said what it used. */
export function estimateUsage(input: Pick<ContextBudget, 'instructions' | 'items'>, output: readonly Item[]): Usage {
  return {
    inputTokens: estimateInputTokens(input),
    cachedInputTokens: 0,
    outputTokens: sum(output),
    reasoningTokens: sum(output.filter(({ type }) => type === 'reasoning')),
    provenance: 'estimated',
  }
}

function estimateInputTokens({ instructions, items }: Pick<ContextBudget, 'instructions' | 'items'>): number {
  return sum(items) + (instructions === null ? 0 : estimateTextTokens(instructions))
}

function sum(items: readonly Item[]): number {
  return items.reduce((tokens, item) => tokens + estimateItemTokens(item), 0)
}
