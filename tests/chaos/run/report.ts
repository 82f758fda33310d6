import type { Verdict } from '../checkers/all.ts'
import { nameOf } from './combination.ts'
import type { RunResult } from './run-combination.ts'

const problemsShownMax = 8

/** What went against an invariant, with where; empty when all held. */
export function problemsOf({ combination, verdicts }: RunResult): string[] {
  return verdicts.flatMap(({ invariant, says, problems }: Verdict) =>
    problems.length === 0
      ? []
      : [
          `${invariant} broken on ${nameOf(combination)}: ${says} (${problems.length})`,
          ...problems.slice(0, problemsShownMax).map((problem) => `    ${problem.slice(0, 400)}`),
        ],
  )
}

/** One line per combination. */
export function tableOf(results: readonly RunResult[]): string {
  const rows = results.map((result) => {
    const { combination, kills, injected, requests, providerCalls, resumes, liveness, verdicts, tookMs } = result
    const broken = verdicts.filter(({ problems }) => problems.length > 0).map(({ invariant }) => invariant)
    return [
      nameOf(combination),
      String(kills),
      String(injected.filter(({ outcome }) => outcome === 'struck').length - kills),
      String(requests),
      String(providerCalls),
      String(resumes),
      liveness.recoveryMs === null ? 'no' : `${(liveness.recoveryMs / 1_000).toFixed(1)} s`,
      `${liveness.medianBeforeMs.toFixed(0)} → ${liveness.medianAfterMs.toFixed(0)} ms`,
      `${(tookMs / 1_000).toFixed(0)} s`,
      broken.length === 0 ? 'hold' : [...new Set(broken)].join(' '),
    ]
  })
  const head = [
    'system',
    'kills',
    'other',
    'requests',
    'calls',
    'resumes',
    'recovery',
    'plain call',
    'took',
    'invariants',
  ]
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

export function summaryOf(results: readonly RunResult[]): string {
  const kills = results.reduce((sum, result) => sum + result.kills, 0)
  const requests = results.reduce((sum, result) => sum + result.requests, 0)
  const broken = results.filter((result) => problemsOf(result).length > 0).length
  return `${kills} kills, ${requests} accepted requests, ${broken} of ${results.length} systems with a broken invariant`
}
