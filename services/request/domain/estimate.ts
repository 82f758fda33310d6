import { costMicrosOf, type Price } from '@parley/kernel/price.ts'
import type { Provenance } from '@parley/kernel/usage.ts'

/** What a request may use at most, as far as can be told before it runs. */
export interface Estimate {
  readonly costMicros: number
  readonly tokens: number
  /** Of the input; the output is a bound, not a count. */
  readonly provenance: Provenance
}

export interface Estimated {
  /** All of it: the new items, and what the session or the chain adds. */
  readonly inputTokens: number
  readonly provenance: Provenance
  readonly maxOutputTokens: number | undefined
  /** How many answers are wanted; 0 where vectors are, which are no tokens. */
  readonly answers: number
  readonly model: {
    readonly contextTokensMax: number
    readonly outputTokensMax: number | null
    readonly price: Price | null
  }
}

/**
 * Input as counted, all of it uncached, and as much output as the request or else the model allows. Input beyond the
 * model's window is never sent: it counts no more than the window.
 */
export function estimate({ inputTokens, provenance, maxOutputTokens, answers, model }: Estimated): Estimate {
  const { contextTokensMax, outputTokensMax, price } = model
  const input = Math.min(inputTokens, contextTokensMax)
  const room = Math.max(contextTokensMax - input, 1)
  const output = Math.min(maxOutputTokens ?? outputTokensMax ?? room, room) * answers
  const costMicros = costMicrosOf({ inputTokens: input, cachedInputTokens: 0, outputTokens: output }, price)
  return { costMicros, tokens: input + output, provenance }
}
