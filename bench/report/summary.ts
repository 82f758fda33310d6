import { median, quantile } from '../measure/statistics.ts'
import { SUBJECT_NAMES, type SubjectName } from '../subjects/subject.ts'
import type { Round, SubjectRound } from '../workloads/run-rounds.ts'

/** One subject over all rounds: medians of the rounds where nothing else is said; NaN for what was not measured. */
export interface SubjectSummary {
  readonly json32PerSecond: number
  readonly json32PerSecondBest: number
  readonly json32PerCore: number
  readonly json32CpuMs: number
  readonly json32P50Ms: number
  readonly json32P99Ms: number
  readonly json32SubjectShare: number
  readonly json1P50Ms: number
  readonly json1P99Ms: number
  /** Over the upstream alone in the same round, as all that is added. */
  readonly json1AddedP50Ms: number
  readonly json1AddedP99Ms: number
  readonly firstTokenAddedP50Ms: number
  readonly firstTokenAddedP99Ms: number
  readonly stream32PerSecond: number
  readonly stream32PerCore: number
  readonly stream32CpuMs: number
  readonly pacedSubjectShare: number
  readonly pacedLatenessP99Ms: number
  /** The worst of all rounds. */
  readonly pacedLatenessMaxMs: number
  /** Sums over all rounds. */
  readonly pacedFrames: number
  readonly pacedLost: number
  readonly pacedLate: number
  readonly pacedBroken: number
  readonly idleBytes: number
  readonly loadedBytes: number
  /** Share of a core used without a request. */
  readonly idleCpuShare: number
  /** Failed exchanges of all load workloads and rounds. */
  readonly failed: number
  /** What the first failure of all said, of paced streams too; null when there was none. */
  readonly firstFailure: string | null
  /** The worst of all measurements: how much other processes disturbed. */
  readonly foreignShareMax: number
}

export type Summary = Readonly<Partial<Record<SubjectName, SubjectSummary>>>

export function summarise(rounds: readonly Round[]): Summary {
  const summary: Partial<Record<SubjectName, SubjectSummary>> = {}
  for (const name of SUBJECT_NAMES) {
    if (rounds.some((round) => round[name] !== undefined)) summary[name] = summariseSubject(rounds, name)
  }
  return summary
}

function summariseSubject(rounds: readonly Round[], name: SubjectName): SubjectSummary {
  const values = (pick: Pick): number[] =>
    rounds.map((round) => pick(round[name]) ?? Number.NaN).filter((value) => !Number.isNaN(value))
  const middle = (pick: Pick) => median(values(pick))
  const total = (pick: Pick) => values(pick).reduce((sum, value) => sum + value, 0)
  const most = (pick: Pick) => quantile(values(pick), 1)
  const added = (pick: Pick) => median(addedPerRound(rounds, name, pick).filter((value) => !Number.isNaN(value)))
  return {
    json32PerSecond: middle((round) => round?.json32?.perSecond),
    json32PerSecondBest: most((round) => round?.json32?.perSecond),
    json32PerCore: middle(PICK.perCore),
    json32CpuMs: middle((round) => round?.json32?.cpuMsEach),
    json32P50Ms: middle((round) => round?.json32?.latencyMs.p50),
    json32P99Ms: middle((round) => round?.json32?.latencyMs.p99),
    json32SubjectShare: middle((round) => round?.json32?.reading.subjectShare),
    json1P50Ms: middle(PICK.json1P50),
    json1P99Ms: middle(PICK.json1P99),
    json1AddedP50Ms: added(PICK.json1P50),
    json1AddedP99Ms: added(PICK.json1P99),
    firstTokenAddedP50Ms: added(PICK.firstTokenP50),
    firstTokenAddedP99Ms: added((round) => round?.stream1?.firstTokenMs.p99),
    stream32PerSecond: middle((round) => round?.stream32?.perSecond),
    stream32PerCore: middle(PICK.streamsPerCore),
    stream32CpuMs: middle((round) => round?.stream32?.cpuMsEach),
    pacedSubjectShare: middle((round) => round?.paced?.reading.subjectShare),
    pacedLatenessP99Ms: middle((round) => round?.paced?.latenessMs.p99),
    pacedLatenessMaxMs: most((round) => round?.paced?.latenessMs.max),
    pacedFrames: total((round) => round?.paced?.frames),
    pacedLost: total((round) => round?.paced?.lost),
    pacedLate: total((round) => round?.paced?.late),
    pacedBroken: total((round) => (round?.paced ? round.paced.broken + round.paced.misplaced : undefined)),
    idleBytes: middle((round) => round?.footprint?.idleBytes),
    loadedBytes: middle((round) => round?.footprint?.loadedBytes ?? undefined),
    idleCpuShare: middle((round) => round?.footprint?.idleCpuShare),
    failed: total((round) => loadsOf(round).reduce((sum, load) => sum + load.failed, 0)),
    firstFailure: firstFailure(rounds.map((round) => round[name])),
    foreignShareMax: most((round) =>
      quantile(
        loadsOf(round).map((load) => load.reading.foreignShare),
        1,
      ),
    ),
  }
}

type Pick = (round: SubjectRound | undefined) => number | undefined

const PICK = {
  perCore: (round) => round?.json32?.perCore,
  json1P50: (round) => round?.json1?.latencyMs.p50,
  json1P99: (round) => round?.json1?.latencyMs.p99,
  firstTokenP50: (round) => round?.stream1?.firstTokenMs.p50,
  streamsPerCore: (round) => round?.stream32?.perCore,
} satisfies Record<string, Pick>

/** Medians over the rounds of `subject / peer` within one round, so that a slow minute hits both sides. */
export interface PeerRatios {
  readonly jsonPerCore: number
  readonly addedP50: number
  readonly addedP99: number
  readonly firstTokenAddedP50: number
  readonly streamsPerCore: number
}

export function comparedWithPeer(rounds: readonly Round[], name: SubjectName, peer: SubjectName): PeerRatios {
  const ratio = (mine: readonly number[], theirs: readonly number[]) =>
    median(mine.map((value, index) => value / (theirs[index] ?? Number.NaN)).filter((value) => !Number.isNaN(value)))
  const plain = (pick: Pick) => ratio(perRound(rounds, name, pick), perRound(rounds, peer, pick))
  const added = (pick: Pick) => ratio(addedPerRound(rounds, name, pick), addedPerRound(rounds, peer, pick))
  return {
    jsonPerCore: plain(PICK.perCore),
    addedP50: added(PICK.json1P50),
    addedP99: added(PICK.json1P99),
    firstTokenAddedP50: added(PICK.firstTokenP50),
    streamsPerCore: plain(PICK.streamsPerCore),
  }
}

function perRound(rounds: readonly Round[], name: SubjectName, pick: Pick): number[] {
  return rounds.map((round) => pick(round[name]) ?? Number.NaN)
}

function addedPerRound(rounds: readonly Round[], name: SubjectName, pick: Pick): number[] {
  const alone = perRound(rounds, 'upstream', pick)
  return perRound(rounds, name, pick).map((value, index) => value - (alone[index] ?? Number.NaN))
}

function firstFailure(rounds: readonly (SubjectRound | undefined)[]): string | null {
  const failures = rounds.flatMap((round) =>
    [...loadsOf(round), round?.paced].map((load) => load?.firstFailure ?? null),
  )
  return failures.find((failure) => failure !== null) ?? null
}

function loadsOf(round: SubjectRound | undefined) {
  const loads = [round?.json1, round?.json32, round?.stream1, round?.stream32]
  return loads.filter((load) => load !== null && load !== undefined)
}
