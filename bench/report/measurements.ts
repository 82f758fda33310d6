import type { DialectsResult } from '../workloads/measure-dialects.ts'
import type { SessionResult } from '../workloads/measure-session.ts'
import type { StoresResult } from '../workloads/measure-stores.ts'
import type { TracingResult } from '../workloads/measure-tracing.ts'
import type { Round } from '../workloads/run-rounds.ts'

/** What was measured, before it is judged. */
export interface Measurements {
  readonly rounds: readonly Round[]
  readonly session: SessionResult | null
  readonly startsMs: readonly number[]
  readonly stores: StoresResult | null
  readonly dialects: DialectsResult | null
  readonly tracing: TracingResult | null
  /** What could not be measured, and why. */
  readonly problems: readonly { readonly what: string; readonly reason: string }[]
}
