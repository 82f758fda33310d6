import type { Capability, Client } from './clients.ts'

/** What one named check of a client came to. */
export interface CheckOutcome {
  readonly capability: Capability
  readonly name: string
  readonly status: 'passed' | 'failed'
  /** Why it failed; null when it passed. */
  readonly reason: string | null
  readonly durationMs: number
}

/** What one client came to. */
export interface ClientOutcome {
  readonly client: Client
  readonly version: string
  /** Why it was not run at all; null when it was. */
  readonly skipped: string | null
  readonly checks: readonly CheckOutcome[]
}

/** One run of the proof. */
export interface ProofOutcome {
  readonly topology: Topology
  /** The day of the run, as 2026-11-23. */
  readonly date: string
  readonly clients: readonly ClientOutcome[]
}

export const topologies = ['one', 'split'] as const
export type Topology = (typeof topologies)[number]

export function hasFailures({ clients }: ProofOutcome): boolean {
  return clients.some(({ checks }) => checks.some(({ status }) => status === 'failed'))
}
