import { type Static, Type } from 'typebox'
import type { Usage } from './usage.ts'

const microsMax = 1_000_000_000_000

/**
 * What a model costs: millionths of the currency for a million tokens, so 250,000 is 0.25 per million. `cachedInput` is
 * what cached input tokens cost instead. `version` names the table that the figures were read from.
 */
export const Price = Type.Object({
  version: Type.String({ minLength: 1, maxLength: 100 }),
  inputMicros: Type.Integer({ minimum: 0, maximum: microsMax }),
  cachedInputMicros: Type.Integer({ minimum: 0, maximum: microsMax }),
  outputMicros: Type.Integer({ minimum: 0, maximum: microsMax }),
})
export type Price = Static<typeof Price>

type Tokens = Pick<Usage, 'inputTokens' | 'cachedInputTokens' | 'outputTokens'>

const pricedTokens = 1_000_000n

/**
 * Millionths of the currency, rounded up to a whole one; 0 without a price. Whole numbers throughout: sums of costs are
 * exact. A provider that reports more cached tokens than input is taken at its word for the input only.
 */
export function costMicrosOf({ inputTokens, cachedInputTokens, outputTokens }: Tokens, price: Price | null): number {
  if (price === null) return 0
  const cached = Math.min(cachedInputTokens, inputTokens)
  const sum =
    BigInt(inputTokens - cached) * BigInt(price.inputMicros) +
    BigInt(cached) * BigInt(price.cachedInputMicros) +
    BigInt(outputTokens) * BigInt(price.outputMicros)
  const micros = (sum + pricedTokens - 1n) / pricedTokens
  return micros > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(micros)
}
