import type { SessionResult } from '../workloads/measure-session.ts'
import type { Round } from '../workloads/run-rounds.ts'

/** What was measured, before it is judged. */
export interface Measurements {
  readonly rounds: readonly Round[]
  readonly session: SessionResult | null
  readonly startsMs: readonly number[]
  /** What could not be measured, and why. */
  readonly problems: readonly { readonly what: string; readonly reason: string }[]
}
