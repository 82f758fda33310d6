import { type TestContext, test } from 'node:test'
import type { Measurements } from '../../report/measurements.ts'
import { judgeTargets } from '../../report/targets.ts'
import type { LoadResult } from '../../workloads/measure-load.ts'
import type { Round, SubjectRound } from '../../workloads/run-rounds.ts'

const reading = { wallMs: 1_000, subjectCpuMs: 1_000, subjectShare: 1, loadShare: 0.5, foreignShare: 0 }

function load({ perCore, p50, p99 }: { perCore: number; p50: number; p99: number }): LoadResult {
  const latencyMs = { p50, p99, max: p99 }
  return { completed: 1, failed: 0, firstFailure: null, perSecond: perCore, perCore, cpuMsEach: 1, latencyMs, reading }
}

interface Shown {
  readonly perCore: number
  readonly p50: number
  readonly p99: number
  readonly late: number
}

function subject(shown: Shown): SubjectRound {
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

function measurements(parley: Shown): Measurements {
  const round: Round = {
    upstream: subject({ perCore: 20_000, p50: 0.1, p99: 0.5, late: 0 }),
    parley: subject(parley),
    portkey: subject({ perCore: 1_000, p50: 1.1, p99: 10.5, late: 7 }),
  }
  return { rounds: [round, round, round], session: null, startsMs: [1_500, 2_400, 1_700], problems: [] }
}

const verdicts = (parley: Shown) => judgeTargets(measurements(parley)).map((target) => target.reached)

test('targets hold exactly at their bounds', (t: TestContext) => {
  t.assert.deepEqual(verdicts({ perCore: 5_000, p50: 0.6, p99: 2.5, late: 0 }), [
    true,
    true,
    true,
    true,
    true,
    null,
    true,
  ])
})

test('each target is missed just beyond its bound', (t: TestContext) => {
  t.assert.deepEqual(verdicts({ perCore: 4_990, p50: 0.61, p99: 2.6, late: 1 }), [
    false,
    false,
    false,
    false,
    true,
    null,
    true,
  ])
})

test('what was not measured is neither reached nor missed', (t: TestContext) => {
  const nothing = { rounds: [], session: null, startsMs: [], problems: [] }
  t.assert.ok(judgeTargets(nothing).every((target) => target.reached === null))
})
