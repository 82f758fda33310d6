import type { Usage } from '@parley/kernel/usage.ts'

/** Null of nothing; a sum is as certain as the least certain of its parts, and those of lost attempts are estimates. */
export function sumUsage(usages: readonly Usage[]): Usage | null {
  const [first, ...rest] = usages
  if (first === undefined) return null
  return rest.reduce(
    (sum, usage) => ({
      inputTokens: sum.inputTokens + usage.inputTokens,
      cachedInputTokens: sum.cachedInputTokens + usage.cachedInputTokens,
      ...addCacheWrites(sum, usage),
      outputTokens: sum.outputTokens + usage.outputTokens,
      reasoningTokens: sum.reasoningTokens + usage.reasoningTokens,
      provenance: 'estimated',
    }),
    first,
  )
}

function addCacheWrites({ cacheWriteTokens: left }: Usage, { cacheWriteTokens: right }: Usage) {
  return left === undefined && right === undefined ? {} : { cacheWriteTokens: (left ?? 0) + (right ?? 0) }
}
