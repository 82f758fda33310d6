import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'

/** What the simulated model is asked, whatever way it came. */
export interface SimulatedRequest {
  readonly instructions: string | null
  readonly items: readonly Item[]
  readonly options: GenerationOptions
  /** Names of tools that take any text. */
  readonly customTools?: readonly string[]
}
