import type { Options } from '../options.ts'
import type { SubjectName } from '../subjects/subject.ts'
import type { Measurements } from './measurements.ts'
import type { PeerRatios, Summary } from './summary.ts'
import type { TargetResult } from './targets.ts'

/** The machine-readable output; `schema` changes when a field changes its meaning. */
export interface Results extends Measurements {
  readonly schema: 'parley-bench-1'
  readonly startedAt: string
  readonly elapsedS: number
  readonly machine: Readonly<Record<string, string | number>>
  readonly options: Omit<Options, 'workloads'> & { readonly workloads: readonly string[] }
  readonly summary: Summary
  readonly ratiosToPeer: Readonly<Partial<Record<SubjectName, PeerRatios>>>
  readonly targets: readonly TargetResult[]
}
