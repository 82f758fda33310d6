import type { Random } from '../random.ts'
import type { Combination } from '../run/combination.ts'

export interface ScenarioOptions {
  readonly combination: Combination
  readonly random: Random
}

export interface ScenarioResult {
  /** What was done, in words and figures. */
  readonly lines: readonly string[]
  /** What went against the promise; empty when it was kept. */
  readonly problems: readonly string[]
}

/** One promise put to the test on one system. */
export type Scenario = (options: ScenarioOptions) => Promise<ScenarioResult>
