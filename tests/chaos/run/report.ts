import type { Verdict } from '../checkers/all.ts'
import { crashPointNames } from '../faults/crash-point.ts'
import { isKilling, type PointPair } from '../faults/schedule.ts'
import { serviceNames } from '../rig/topology.ts'
import { type Combination, nameOf } from './combination.ts'
import type { RunResult } from './run-combination.ts'

const problemsShownMax = 8

/** A system of which there is no result: it did not start, or could not be looked at. */
export interface FailedRun {
  readonly combination: Combination
  readonly failed: string
}

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
      String(injected.filter(({ kind, outcome }) => !isKilling(kind) && outcome === 'struck').length),
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

export function summaryOf(results: readonly RunResult[], failures: readonly FailedRun[]): string {
  const kills = results.reduce((sum, result) => sum + result.kills, 0)
  const requests = results.reduce((sum, result) => sum + result.requests, 0)
  const resumes = results.reduce((sum, result) => sum + result.resumes, 0)
  const broken = results.filter((result) => problemsOf(result).length > 0).length
  const counts = `${kills} kills, ${requests} accepted requests, ${resumes} times taken up again`
  const failed = failures.length === 0 ? '' : `, ${failures.length} without a result`
  return `${counts}; ${broken} of ${results.length} systems with a broken invariant${failed}`
}

/** What came of one system, in one line. */
export function lineOf(result: RunResult): string {
  const { combination, kills, injected, skipped, requests, resumes, liveness, tookMs, phasesMs, slowest } = result
  const missed = injected.filter(({ outcome }) => outcome === 'missed').length
  const recovery = liveness.recoveryMs === null ? 'none' : `${(liveness.recoveryMs / 1_000).toFixed(1)} s`
  const isBroken = problemsOf(result).length > 0
  return [
    `${nameOf(combination)}: ${kills} kills, ${missed} points missed, ${skipped} faults skipped`,
    `${requests} requests, ${resumes} taken up again, recovery ${recovery}, took ${(tookMs / 1_000).toFixed(0)} s`,
    `slowest ${slowest.slice(0, 160)}; ms ${JSON.stringify(phasesMs)}: ${isBroken ? 'BROKEN' : 'all hold'}`,
  ].join('; ')
}

type Struck = Pick<RunResult, 'injected'>

/**
 * How many crash points, and pairs of one and a service whose own process died there, there were; which are left, unless the
 * run was too small to meet most.
 */
export function coverageOf(results: readonly Struck[]): string[] {
  const points = new Set(struckOf(results).map(({ point }) => point))
  const left = pairsLeft(results)
  const all = crashPointNames.length * serviceNames.length
  const words = left.map(({ point, service }) => `${point}/${service}`)
  return [
    `${points.size} of ${crashPointNames.length} crash points, ${all - left.length} of ${all} pairs of a point and a service whose process was killed there`,
    ...(left.length > 0 && left.length < all / 2 ? [`not met: ${words.join(',')}`] : []),
  ]
}

/** Pairs of a point and a service whose own process did not die there. */
export function pairsLeft(results: readonly Struck[]): PointPair[] {
  const met = new Set(struckOf(results).map(({ point, process: victim }) => `${point} ${victim}`))
  const all = crashPointNames.flatMap((point) => serviceNames.map((service) => ({ point, service })))
  return all.filter(({ point, service }) => !met.has(`${point} ${service}`))
}

function struckOf(results: readonly Struck[]) {
  return results
    .flatMap(({ injected }) => injected)
    .filter(({ point, outcome }) => point !== null && outcome === 'struck')
}
