import { median } from '../measure/statistics.ts'
import { SAMPLED_SHARE, TRACING } from '../workloads/measure-tracing.ts'
import type { Results } from './results.ts'
import { figure, NOISY_SHARE, percent, table } from './table.ts'

export function tracingLines({ tracing }: Results): string[] {
  if (tracing === null) return []
  const { rounds, perSecondRatio, perCoreRatio, spanBytesEach } = tracing
  const rows = [
    [`tracing, ${rounds.length} round(s), JSON at 32`, 'requests/s', 'requests per core-second', 'CPU each'],
    ...TRACING.map((name) => [
      name === 'off' ? 'off' : `on, ${percent(SAMPLED_SHARE)} recorded`,
      figure(Math.round(median(rounds.map((round) => round[name].perSecond)))),
      figure(Math.round(median(rounds.map((round) => round[name].perCore)))),
      figure(median(rounds.map((round) => round[name].cpuMsEach)) * 1_000, ' µs'),
    ]),
    ['on against off, median of the rounds', figure(perSecondRatio, '×'), figure(perCoreRatio, '×'), '–'],
    ['sent for each request', figure(spanBytesEach, ' bytes'), '–', '–'],
  ]
  return ['', ...table(rows)]
}

export function tracingRemarks({ tracing }: Results): string[] {
  const shares = (tracing?.rounds ?? []).flatMap(({ on, off }) => [on.reading.foreignShare, off.reading.foreignShare])
  const worst = Math.max(0, ...shares)
  return worst > NOISY_SHARE ? [`tracing: other processes took up to ${percent(worst)} of the two cores`] : []
}
