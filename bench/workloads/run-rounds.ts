import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Options } from '../options.ts'
import type { Bed, RunningSubject, Subject, SubjectName } from '../subjects/subject.ts'
import { type Footprint, measureIdle, withLoaded } from './measure-footprint.ts'
import { type LoadResult, measureJson, measureStream, type StreamResult } from './measure-load.ts'
import { countLate, type LateFrames, measurePaced, type PacedMeasurement, type PacedResult } from './measure-paced.ts'

/** What one subject showed in one round; null for what was not asked for. */
export interface SubjectRound {
  readonly footprint: Footprint | null
  readonly json1: LoadResult | null
  readonly json32: LoadResult | null
  readonly stream1: StreamResult | null
  readonly stream32: StreamResult | null
  readonly paced: (PacedResult & LateFrames) | null
}

export type Round = Readonly<Partial<Record<SubjectName, SubjectRound>>>

export interface RoundsOptions {
  readonly upstream: RunningSubject
  /** Those besides the upstream. */
  readonly subjects: readonly Subject[]
  readonly bed: Bed
  readonly options: Options
  /** On the clock of `performance.now()`. */
  readonly endsBefore: number
  readonly say: (line: string) => void
  /** Resolves to null, and notes the reason, when the work fails. */
  readonly attempt: <T>(what: string, work: () => Promise<T>) => Promise<T | null>
}

const MANY = 32

/**
 * Measures all subjects in each round, in an order that rotates. A subject runs only while it is measured, so that none
 * disturbs another; one that fails is left out of the rounds that follow.
 */
export async function runRounds({ endsBefore, say, ...given }: RoundsOptions): Promise<Round[]> {
  const { upstream, options, attempt, bed } = given
  const running: Subject = {
    name: 'upstream',
    title: 'upstream alone',
    start: async () => ({ ...upstream, stop: leave }),
  }
  let subjects = [running, ...given.subjects]
  const rounds: Round[] = []
  let longestMs = 0
  while (rounds.length < options.durations.rounds) {
    const start = performance.now()
    if (rounds.length > 0 && start + longestMs > endsBefore) {
      say(`no time for round ${rounds.length + 1} of ${options.durations.rounds}`)
      break
    }
    const folder = join(bed.folder, `round-${rounds.length + 1}`)
    await mkdir(folder)
    const loadPids = () => [process.pid, ...upstream.pids()]
    const measured: Measured[] = []
    for (const subject of subjects) {
      const what = `round ${rounds.length + 1}: ${subject.title}`
      const result = await attempt(what, () => runSubject(subject, { bed: { ...bed, folder }, options, loadPids }))
      if (result === null) subjects = subjects.filter((other) => other !== subject)
      else measured.push(result)
    }
    rounds.push(judgeRound(measured))
    subjects = [...subjects.slice(1), ...subjects.slice(0, 1)]
    longestMs = Math.max(longestMs, performance.now() - start)
  }
  return rounds
}

/** The upstream serves the other subjects too. */
async function leave(): Promise<void> {}

interface Given {
  readonly bed: Bed
  readonly options: Options
  readonly loadPids: () => number[]
}

interface Measured {
  readonly name: SubjectName
  readonly round: SubjectRound
  readonly paced: PacedMeasurement | null
}

async function runSubject(subject: Subject, { bed, options, loadPids }: Given): Promise<Measured> {
  const { workloads, durations } = options
  const [json, stream, paced] = [workloads.has('json'), workloads.has('stream'), workloads.has('paced')]
  const running = await subject.start(bed)
  const load = (concurrency: number, durationMs: number) => ({
    subject: running,
    loadPids: loadPids(),
    concurrency,
    durationMs,
  })
  try {
    const idle = workloads.has('memory') ? await measureIdle(running, durations.idleMs) : null
    if (json) await measureJson(load(MANY, durations.warmUpMs))
    if (stream || paced) await measureStream(load(MANY, durations.warmUpMs))
    const measured = {
      json1: json ? await measureJson(load(1, durations.jsonOneMs)) : null,
      json32: json ? await measureJson(load(MANY, durations.jsonManyMs)) : null,
      stream1: stream ? await measureStream(load(1, durations.streamOneMs)) : null,
      stream32: stream ? await measureStream(load(MANY, durations.streamManyMs)) : null,
    }
    const streamsPerSlot = durations.pacedStreamsPerSlot
    const pacedMeasurement = paced
      ? await measurePaced({ subject: running, loadPids: loadPids(), streamsPerSlot })
      : null
    const footprint = idle !== null && (json || stream || paced) ? withLoaded(idle, running) : idle
    return { name: subject.name, round: { ...measured, footprint, paced: null }, paced: pacedMeasurement }
  } finally {
    await running.stop()
  }
}

/** Which frames were late is known once the upstream was measured too. */
function judgeRound(measured: readonly Measured[]): Round {
  const upstream = measured.find(({ name }) => name === 'upstream')?.paced?.latenessMs ?? []
  const entries = measured.map(({ name, round, paced }): [SubjectName, SubjectRound] => [
    name,
    paced === null ? round : { ...round, paced: { ...paced.result, ...countLate(paced.latenessMs, upstream) } },
  ])
  return Object.fromEntries(entries)
}
