import type { LoadOptions } from '../options.ts'
import { countLedgerRows, recordProblems } from './check-records.ts'
import { startMeter, type Usage } from './meter.ts'
import { type K6Outcome, runK6 } from './run-k6.ts'
import { type Bed, startBed } from './start-bed.ts'

export interface ScenarioResult {
  /** Generations that clients have seen in full. */
  readonly settled: number
  /** Null when Parley runs elsewhere. */
  readonly usage: Usage | null
  readonly problems: readonly string[]
}

/** How long a run may go on after its time: answers that are under way, and k6's own start. */
const graceMs = 60_000

/** Puts a Parley under the load of a scenario file, and looks at its records afterwards. */
export async function runScenario(options: LoadOptions): Promise<ScenarioResult> {
  await using bed = await startBed(options)
  if (options.warmUpSeconds > 0) await runIn(bed, options, options.warmUpSeconds)
  const rowsBefore = await countLedgerRows(bed)
  const readMeter = bed.pid === null ? null : startMeter(bed.pid)
  const { isKept, metrics } = await runIn(bed, options, options.withinSeconds)
  const usage = readMeter === null ? null : readMeter()
  const settled = metrics['parley_settled']?.['count'] ?? 0
  const problems = [
    ...(isKept ? [] : ['k6 found a threshold crossed']),
    ...(settled === 0 ? ['no answer was seen in full'] : []),
    ...(await recordProblems(bed, { settled, rowsBefore })),
  ]
  return { settled, usage, problems }
}

function runIn({ url, key, model }: Bed, options: LoadOptions, withinSeconds: number): Promise<K6Outcome> {
  return runK6({
    scenario: options.kind,
    timeoutMs: withinSeconds * 1_000 + graceMs,
    env: {
      PARLEY_URL: url,
      PARLEY_API_KEY: key,
      MODEL: model,
      WORKLOADS: options.workloads.join(),
      WITHIN_SECONDS: String(withinSeconds),
      PEAK: String(options.peak),
      P95_MS: String(options.p95Ms),
    },
  })
}
