import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startSpanSink } from '../load/span-sink.ts'
import { median } from '../measure/statistics.ts'
import { startParley } from '../subjects/parley.ts'
import type { Bed, RunningSubject } from '../subjects/subject.ts'
import { type LoadResult, measureJson } from './measure-load.ts'

/** `off` knows nothing of traces; `on` records one in twenty of them and sends its spans. */
export const TRACING = ['off', 'on'] as const
export type TracingName = (typeof TRACING)[number]

export const SAMPLED_SHARE = 0.05

export interface TracingResult {
  readonly rounds: readonly Readonly<Record<TracingName, LoadResult>>[]
  /** Medians over the rounds of `on` against `off` within the same round. */
  readonly perSecondRatio: number
  readonly perCoreRatio: number
  readonly spanBytesEach: number
}

export interface TracingOptions {
  readonly bed: Bed
  readonly loadPids: readonly number[]
  readonly warmUpMs: number
  /** Of each process in each round. */
  readonly sliceMs: number
  /** No further round begins after this. */
  readonly durationMs: number
}

const MANY = 32

/**
 * Two processes that differ in tracing alone run from the start to the end and are measured by turns, in slices so short
 * that both of a round see the same minute; who goes first alternates.
 */
export async function measureTracing(options: TracingOptions): Promise<TracingResult> {
  const { bed, loadPids, warmUpMs, sliceMs, durationMs } = options
  await using stack = new AsyncDisposableStack()
  const sink = stack.use(await startSpanSink())
  const settings: Readonly<Record<TracingName, Record<string, string>>> = {
    off: {},
    on: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: String(SAMPLED_SHARE),
    },
  }
  const subjects = {} as Record<TracingName, RunningSubject>
  for (const name of TRACING) {
    const folder = join(bed.folder, 'tracing', name)
    await mkdir(folder, { recursive: true })
    const env = settings[name]
    const subject = await startParley({
      bed: { ...bed, folder },
      name: 'parley',
      program: 'apps/all-in-one/main.ts',
      env,
    })
    stack.defer(() => subject.stop())
    subjects[name] = subject
  }
  const load = (name: TracingName, forMs: number) =>
    measureJson({ subject: subjects[name], loadPids, concurrency: MANY, durationMs: forMs })
  for (const name of TRACING) await load(name, warmUpMs)

  const bytesBefore = sink.bytes()
  const rounds: Record<TracingName, LoadResult>[] = []
  const endsBefore = performance.now() + durationMs
  while (rounds.length === 0 || performance.now() < endsBefore) {
    const order = rounds.length % 2 === 0 ? TRACING : TRACING.toReversed()
    const round: Partial<Record<TracingName, LoadResult>> = {}
    for (const name of order) round[name] = await load(name, sliceMs)
    rounds.push(round as Record<TracingName, LoadResult>)
  }
  const sent = sink.bytes() - bytesBefore
  if (sent === 0) throw new Error('no span was sent: tracing was not on')
  return { ...compare(rounds), spanBytesEach: sent / rounds.reduce((sum, { on }) => sum + on.completed, 0) }
}

/** Ratios are made within each round, so that a disturbance strikes both of its sides or is one round of many. */
export function compare(rounds: readonly Readonly<Record<TracingName, LoadResult>>[]) {
  return {
    rounds,
    perSecondRatio: median(rounds.map(({ on, off }) => on.perSecond / off.perSecond)),
    perCoreRatio: median(rounds.map(({ on, off }) => on.perCore / off.perCore)),
  }
}
