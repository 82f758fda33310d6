import { DIALECT_TITLES, DIALECTS } from '../load/dialect-request.ts'
import { median } from '../measure/statistics.ts'
import type { Measurements } from './measurements.ts'
import { powerAgainstProcess, summariseStore } from './store-summary.ts'
import { comparedWithPeer, summarise } from './summary.ts'

export interface TargetResult {
  readonly name: string
  readonly goal: string
  readonly measured: string
  /** Null when this run did not measure it. */
  readonly reached: boolean | null
}

/** The figures that Parley in one process promises. */
export function judgeTargets(measurements: Measurements): TargetResult[] {
  const { rounds, session, startsMs, stores, dialects, tracing } = measurements
  const ratios = comparedWithPeer(rounds, 'parley', 'portkey')
  const parley = summarise(rounds).parley
  const frames = parley === undefined || parley.pacedFrames === 0 ? null : parley
  const idleMB = (parley?.idleBytes ?? Number.NaN) / 1e6
  const { oneRoundTrips, manyRoundTrips } = summariseStore(stores, 'postgres')
  const startS = median(startsMs) / 1_000
  return [
    atLeast('requests per core against the peer, JSON at 32', ratios.jsonPerCore, 5, '×'),
    atMost('added p50 against the peer, JSON at 1', ratios.addedP50, 1 / 2, '×'),
    atMost('added p99 against the peer, JSON at 1', ratios.addedP99, 1 / 5, '×'),
    {
      name: 'lost, late or broken among 256 paced streams',
      goal: '0',
      measured:
        frames === null ? '–' : `${frames.pacedLost} lost, ${frames.pacedLate} late, ${frames.pacedBroken} broken`,
      reached: frames === null ? null : frames.pacedLost + frames.pacedLate + frames.pacedBroken === 0,
    },
    below('idle memory', idleMB, 150, ' MB'),
    atMost('a turn among 10,000 items against one among 10', session?.ratio ?? Number.NaN, 1.2, '×'),
    below('npm start to the first answer', startS, 2, ' s'),
    atLeast('stored responses/s, kept through a loss of power against not', powerAgainstProcess(stores), 0.75, '×'),
    atMost('PostgreSQL round trips for a stored response, at 1', toTenths(oneRoundTrips), 4, ''),
    atMost('PostgreSQL round trips for a stored response, at 32', toTenths(manyRoundTrips), 4, ''),
    atLeast('requests/s with 5 % of traces recorded against none', tracing?.perSecondRatio ?? Number.NaN, 0.9, '×'),
    ...DIALECTS.filter((name) => name !== 'chat').map((name) =>
      below(
        `added p50 over chat: ${DIALECT_TITLES[name]}`,
        dialects?.dialects[name].addedP50Ms ?? Number.NaN,
        0.3,
        ' ms',
      ),
    ),
  ]
}

/** As exact as the measurement is: a look through the outbox more or less is some hundredths of a trip for each response. */
function toTenths(value: number): number {
  return Math.round(value * 10) / 10
}

function atLeast(name: string, value: number, bound: number, unit: string): TargetResult {
  return judge({ name, goal: `≥ ${bound}${unit}`, value, unit, holds: value >= bound })
}

function atMost(name: string, value: number, bound: number, unit: string): TargetResult {
  return judge({ name, goal: `≤ ${bound}${unit}`, value, unit, holds: value <= bound })
}

function below(name: string, value: number, bound: number, unit: string): TargetResult {
  return judge({ name, goal: `< ${bound}${unit}`, value, unit, holds: value < bound })
}

interface Judged {
  readonly name: string
  readonly goal: string
  readonly value: number
  readonly unit: string
  readonly holds: boolean
}

function judge({ name, goal, value, unit, holds }: Judged): TargetResult {
  const measured = Number.isNaN(value) ? '–' : `${value.toFixed(value < 10 ? 2 : 0)}${unit}`
  return { name, goal, measured, reached: Number.isNaN(value) ? null : holds }
}
