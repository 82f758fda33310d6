import type { Evidence } from '../evidence/evidence.ts'

/** Looks at what a run has left behind. Pure: the same evidence gives the same problems, in words; none means it holds. */
export interface Checker {
  readonly invariant: `I${number}`
  readonly says: string
  check(evidence: Evidence): string[]
}

export const terminalStatuses: ReadonlySet<string> = new Set(['completed', 'incomplete', 'failed', 'cancelled'])

export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  return Map.groupBy(values, keyOf)
}

export function indexBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T> {
  return new Map(values.map((value) => [keyOf(value), value]))
}
