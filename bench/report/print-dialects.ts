import { DIALECT_TITLES, DIALECTS } from '../load/dialect-request.ts'
import type { Results } from './results.ts'
import { figure, NOISY_SHARE, pair, percent, table } from './table.ts'

export function dialectLines({ dialects }: Results): string[] {
  if (dialects === null) return []
  const rows = [
    [`at 1, ${figure(dialects.each)} of each by turns`, 'p50 / p99', 'added p50'],
    ...DIALECTS.map((name) => {
      const { latencyMs, addedP50Ms } = dialects.dialects[name]
      return [
        DIALECT_TITLES[name],
        pair(latencyMs.p50, latencyMs.p99),
        name === 'chat' ? '–' : figure(addedP50Ms, ' ms'),
      ]
    }),
  ]
  return ['', ...table(rows)]
}

export function dialectRemarks({ dialects }: Results): string[] {
  const foreignShare = dialects?.reading.foreignShare ?? 0
  return foreignShare > NOISY_SHARE
    ? [`dialects: other processes took up to ${percent(foreignShare)} of the two cores`]
    : []
}
