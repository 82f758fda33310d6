import type { Options } from './options.ts'
import type { Measurements } from './report/measurements.ts'
import { parley, parleySplit } from './subjects/parley.ts'
import { portkey } from './subjects/portkey.ts'
import type { Bed } from './subjects/subject.ts'
import { startUpstream } from './subjects/upstream-alone.ts'
import { measureDialects } from './workloads/measure-dialects.ts'
import { measureSession } from './workloads/measure-session.ts'
import { measureStarts } from './workloads/measure-start.ts'
import { measureStores } from './workloads/measure-stores.ts'
import { measureTracing } from './workloads/measure-tracing.ts'
import { runRounds } from './workloads/run-rounds.ts'

export interface BenchmarkOptions {
  readonly options: Options
  /** An empty folder for data and logs; the caller removes it. */
  readonly folder: string
  readonly say: (line: string) => void
}

/** Measures all that was asked for; what fails is noted as a problem and does not keep the rest from being measured. */
export async function runBenchmark({ options, folder, say }: BenchmarkOptions): Promise<Measurements> {
  const { workloads, durations, peer } = options
  const endsBefore = performance.now() + durations.roundsEndMs
  const problems: { what: string; reason: string }[] = []
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    say(what)
    try {
      return await work()
    } catch (error) {
      problems.push({ what, reason: error instanceof Error ? error.message : String(error) })
      return null
    }
  }
  const upstream = await startUpstream({ folder })
  const bed: Bed = { upstreamOrigin: upstream.origin, folder }
  const subjects = [parley, parleySplit, ...(peer === 'portkey' ? [portkey] : [])]
  try {
    const inRounds = (['json', 'stream', 'paced', 'memory'] as const).some((workload) => workloads.has(workload))
    const rounds = inRounds ? await runRounds({ upstream, subjects, bed, options, endsBefore, say, attempt }) : []
    const session = workloads.has('session')
      ? await attempt('session turns', () => measureSession({ bed, turns: durations.turns }))
      : null
    const startsMs = workloads.has('start')
      ? await attempt('npm start to the first answer', () => measureStarts({ folder, starts: durations.starts }))
      : null
    const loadPids = [process.pid, ...upstream.pids()]
    const stores = workloads.has('stores')
      ? await attempt('stored responses on each store', () => measureStores({ bed, loadPids, durations }))
      : null
    const given = { bed, loadPids, warmUpMs: durations.warmUpMs, durationMs: durations.dialectsMs }
    const dialects = workloads.has('dialects') ? await attempt('dialects by turns', () => measureDialects(given)) : null
    const { tracingSliceMs: sliceMs, tracingMs } = durations
    const tracing = workloads.has('tracing')
      ? await attempt('tracing off and on', () => measureTracing({ ...given, sliceMs, durationMs: tracingMs }))
      : null
    return { rounds, session, startsMs: startsMs ?? [], stores, dialects, tracing, problems }
  } finally {
    await upstream.stop()
  }
}
