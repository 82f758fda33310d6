import { rename, writeFile } from 'node:fs/promises'
import { describeFault } from '../faults/schedule.ts'
import type { ChaosOptions } from '../options.ts'
import { createRandom } from '../random.ts'
import { type Combination, nameOf } from './combination.ts'
import { type PlanOptions, planPairs, planRun } from './plan-run.ts'
import { coverageOf, type FailedRun, lineOf, pairsLeft, problemsOf, summaryOf, tableOf } from './report.ts'
import { type RunResult, runCombination } from './run-combination.ts'

/** What a system costs beside its faults, until one has told. */
const overheadGuessMs = 25_000
const faultsMinMs = 15_000
/** Pairs that were missed, or came too late, have this many turns more. */
const pairTurnsMax = 4
const pairMs = 8_000
const killsForEachPair = 200

interface OneRun {
  readonly plan: PlanOptions
  readonly faultsMs: number
}

/** Breaks one system after the other, says of each what came of it, and keeps the result written. False when a promise was broken. */
export async function runAll(
  combinations: readonly Combination[],
  options: ChaosOptions,
  say: (text: string) => void,
): Promise<boolean> {
  const results: RunResult[] = []
  const failures: FailedRun[] = []
  const endsAtMs = performance.now() + (options.wholeMs ?? Number.POSITIVE_INFINITY)
  const kills = Math.ceil(options.kills / combinations.length)
  const waiting = [...combinations]
  const faultsMaxMs = () => {
    const share = (options.parallel * (endsAtMs - performance.now())) / (waiting.length + 1)
    return Math.min(options.faultsMaxMs, Math.max(faultsMinMs, share - overheadOf(results)))
  }
  const runOne = async (combination: Combination, { plan, faultsMs }: OneRun) => {
    const lines: string[] = []
    const note = options.isTerse ? (line: string) => lines.push(line) : say
    note(`\n${nameOf(combination)}`)
    const { seed, workers } = options
    try {
      const result = await runCombination({
        combination,
        random: createRandom(seed).fork(nameOf(combination)),
        faults: planRun(combination, plan),
        workers,
        faultsMaxMs: faultsMs,
        onFault: (fault, { outcome }) => note(`  ${describeFault(fault)}${outcome === 'missed' ? '  (missed)' : ''}`),
      })
      results.push(result)
      const problems = problemsOf(result)
      if (problems.length > 0) for (const line of lines) say(line)
      say(lineOf(result))
      for (const line of problems) say(line)
      if (problems.length > 0) say(`    again: ${commandOf(combination, plan, options)}`)
    } catch (error) {
      const failed = error instanceof Error ? (error.stack ?? error.message) : String(error)
      failures.push({ combination, failed })
      say(`${nameOf(combination)}: no result: ${failed}\n    again: ${commandOf(combination, plan, options)}`)
    }
    await writeReport(options, { results, failures })
  }
  const worker = async () => {
    const { seed, faults: kinds, others, pairs } = options
    const plan = { seed, kills, kinds, others, pairs }
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runOne(next, { plan, faultsMs: faultsMaxMs() })
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, worker))
  for (let turn = 0; turn < pairTurnsMax && meetsEachPair(options); turn++) {
    const next = planPairs(combinations, pairsLeft(results), turn)
    if (next === null) break
    const { pairs, combination } = next
    say(`\n${pairs.length} pairs of a point and a service were not met, and have their turn again`)
    const plan = { seed: options.seed, kills: pairs.length, kinds: ['point' as const], others: null, pairs }
    await runOne(combination, { plan, faultsMs: Math.max(faultsMinMs, pairs.length * pairMs) })
  }
  say(`\n${tableOf(results)}\n\n${summaryOf(results, failures)}\n${coverageOf(results).join('\n')}`)
  return failures.length === 0 && results.every((result) => problemsOf(result).length === 0)
}

function overheadOf(results: readonly RunResult[]): number {
  if (results.length === 0) return overheadGuessMs
  const sum = results.reduce((all, { tookMs, phasesMs }) => all + tookMs - (phasesMs['faults'] ?? 0), 0)
  return sum / results.length
}

/** Only a run of kills enough to meet each pair once promises to. */
function meetsEachPair({ kills, faults, pairs }: ChaosOptions): boolean {
  return kills >= killsForEachPair && faults.includes('point') && pairs === null
}

function commandOf(
  { topology, store, transport }: Combination,
  { kills, kinds, others, pairs }: PlanOptions,
  { seed, faultsMaxMs, workers }: ChaosOptions,
): string {
  const minutes = Math.round((faultsMaxMs / 60_000) * 100) / 100
  return [
    `npm run chaos -- --seed ${seed} --topology ${topology} --store ${store} --transport ${transport}`,
    `--kills ${kills} --faults ${kinds.join()} --minutes ${minutes} --workers ${workers}`,
    ...(others === null ? [] : [`--others ${others}`]),
    ...(pairs === null ? [] : [`--pairs ${pairs.map(({ point, service }) => `${point}/${service}`).join()}`]),
  ].join(' ')
}

/** Whole at any moment, whatever ends the run. */
async function writeReport(
  { seed, jsonPath }: ChaosOptions,
  { results, failures }: { results: readonly RunResult[]; failures: readonly FailedRun[] },
): Promise<void> {
  if (jsonPath === null) return
  const kills = results.reduce((sum, result) => sum + result.kills, 0)
  const report = { seed, at: new Date().toISOString(), kills, coverage: coverageOf(results), failures, results }
  await writeFile(`${jsonPath}.new`, `${JSON.stringify(report, null, 2)}\n`)
  await rename(`${jsonPath}.new`, jsonPath)
}
