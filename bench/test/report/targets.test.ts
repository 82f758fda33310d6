import { type TestContext, test } from 'node:test'
import type { Measurements } from '../../report/measurements.ts'
import { judgeTargets } from '../../report/targets.ts'
import type { DialectsResult } from '../../workloads/measure-dialects.ts'
import type { LoadResult } from '../../workloads/measure-load.ts'
import type { StoresResult } from '../../workloads/measure-stores.ts'
import type { TracingResult } from '../../workloads/measure-tracing.ts'
import type { Round, SubjectRound } from '../../workloads/run-rounds.ts'

const reading = { wallMs: 1_000, subjectCpuMs: 1_000, subjectShare: 1, loadShare: 0.5, foreignShare: 0 }

function load({ perCore, p50, p99 }: Pick<Shown, 'perCore' | 'p50' | 'p99'>): LoadResult {
  const latencyMs = { p50, p99, max: p99 }
  return { completed: 1, failed: 0, firstFailure: null, perSecond: perCore, perCore, cpuMsEach: 1, latencyMs, reading }
}

interface Shown {
  readonly perCore: number
  readonly p50: number
  readonly p99: number
  readonly late: number
  readonly powerPerSecond: number
  readonly roundTrips: number
  readonly addedP50Ms: number
  readonly tracedRatio?: number
}

function subject(shown: Pick<Shown, 'perCore' | 'p50' | 'p99' | 'late'>): SubjectRound {
  const paced = { streams: 1, frames: 50, lost: 0, misplaced: 0, broken: 0, firstFailure: null, reading }
  return {
    footprint: { idleBytes: 120e6, idleCpuShare: 0, loadedBytes: 200e6 },
    json1: load(shown),
    json32: load(shown),
    stream1: null,
    stream32: null,
    paced: { ...paced, latenessMs: { p50: 1, p99: 1, max: 1 }, late: shown.late, lateLimitMs: 50 },
  }
}

function stores({ powerPerSecond, roundTrips }: Shown): StoresResult {
  const stored = (perSecond: number, roundTripsEach: Record<string, number> | null) => {
    const result = { ...load({ perCore: perSecond, p50: 1, p99: 2 }), roundTripsEach }
    return { one: result, many: result }
  }
  const round = {
    process: stored(1_000, null),
    power: stored(powerPerSecond, null),
    postgres: stored(500, { request: roundTrips - 1, response: 1 }),
  }
  return { rounds: [round, round], postgresMissing: null }
}

function dialects({ addedP50Ms }: Shown): DialectsResult {
  const shown = (ms: number) => ({ latencyMs: { p50: 1 + ms, p99: 3, max: 3 }, addedP50Ms: ms })
  const other = shown(addedP50Ms)
  return {
    each: 100,
    dialects: { chat: shown(0), responses: other, 'responses-stored': other, messages: other, embeddings: other },
    reading,
  }
}

function tracing({ tracedRatio = 1 }: Shown): TracingResult {
  return { rounds: [], perSecondRatio: tracedRatio, perCoreRatio: tracedRatio, spanBytesEach: 0 }
}

function measurements(parley: Shown): Measurements {
  const round: Round = {
    upstream: subject({ perCore: 20_000, p50: 0.1, p99: 0.5, late: 0 }),
    parley: subject(parley),
    portkey: subject({ perCore: 1_000, p50: 1.1, p99: 10.5, late: 7 }),
  }
  return {
    rounds: [round, round, round],
    startsMs: [1_500, 2_400, 1_700],
    session: null,
    stores: stores(parley),
    dialects: dialects(parley),
    tracing: tracing(parley),
    problems: [],
  }
}

const verdicts = (parley: Shown) => judgeTargets(measurements(parley)).map((target) => target.reached)

test('targets hold exactly at their bounds', (t: TestContext) => {
  const shown = {
    perCore: 5_000,
    p50: 0.6,
    p99: 2.5,
    late: 0,
    powerPerSecond: 750,
    roundTrips: 4,
    addedP50Ms: 0.29,
    tracedRatio: 0.9,
  }
  t.assert.deepEqual(verdicts(shown), [true, true, true, true, true, null, true, ...Array(8).fill(true)])
})

test('each target is missed just beyond its bound', (t: TestContext) => {
  const shown = {
    perCore: 4_990,
    p50: 0.61,
    p99: 2.6,
    late: 1,
    powerPerSecond: 749,
    roundTrips: 4.06,
    addedP50Ms: 0.3,
    tracedRatio: 0.89,
  }
  t.assert.deepEqual(verdicts(shown), [false, false, false, false, true, null, true, ...Array(8).fill(false)])
})

test('what was not measured is neither reached nor missed', (t: TestContext) => {
  const nothing = { rounds: [], session: null, startsMs: [], stores: null, dialects: null, tracing: null, problems: [] }
  t.assert.ok(judgeTargets(nothing).every((target) => target.reached === null))
})

test('a run without PostgreSQL says nothing of its round trips', (t: TestContext) => {
  const shown = { perCore: 1, p50: 1, p99: 1, late: 0, powerPerSecond: 900, roundTrips: 4, addedP50Ms: 0 }
  const given = stores(shown)
  const rounds = given.rounds.map(({ process, power }) => ({ process, power }) as StoresResult['rounds'][number])
  const targets = judgeTargets({ ...measurements(shown), stores: { rounds, postgresMissing: 'there is none' } })
  const named = (part: string) => targets.filter(({ name }) => name.includes(part)).map(({ reached }) => reached)
  t.assert.deepEqual([named('round trips'), named('loss of power')], [[null, null], [true]])
})
