import { type Workload, workloads } from '../workload-names.ts'

declare const __ENV: Readonly<Record<string, string | undefined>>

/** Of the public port, without a path. */
export const url = __ENV['PARLEY_URL'] ?? 'http://127.0.0.1:8000'
export const model = __ENV['MODEL'] ?? 'default-model'
/** How long the whole run may take; every kind of run stretches or shrinks to it. */
export const withinSeconds = Number(__ENV['WITHIN_SECONDS'] ?? '60')
/** The greatest number of virtual users, or of iterations per second, of a workload. */
export const peak = Number(__ENV['PEAK'] ?? '8')
/** For `load`: how long 95 of 100 answers, and first events of streams, may take. */
export const p95Ms = Number(__ENV['P95_MS'] ?? '2000')

export const headers = {
  authorization: `Bearer ${__ENV['PARLEY_API_KEY'] ?? ''}`,
  'content-type': 'application/json',
}

/** The workloads of this run. */
export function chosen(): readonly Workload[] {
  const names = (__ENV['WORKLOADS'] ?? workloads.join()).split(',')
  return workloads.filter((workload) => names.includes(workload))
}
