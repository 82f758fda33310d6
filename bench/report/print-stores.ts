import { STORES, type StoreName } from '../workloads/measure-stores.ts'
import type { Results } from './results.ts'
import {
  powerAgainstProcess,
  roundTripsByService,
  type StoreSummary,
  storedLoadsOf,
  summariseStore,
} from './store-summary.ts'
import { figure, NOISY_SHARE, pair, percent, table } from './table.ts'

const TITLES: Readonly<Record<StoreName, string>> = {
  process: 'SQLite, process',
  power: 'SQLite, power',
  postgres: 'PostgreSQL',
}

export function storeLines({ stores }: Results): string[] {
  if (stores === null) return []
  const summaries = STORES.map((name) => summariseStore(stores, name))
  const row = (label: string, of: (store: StoreSummary) => string) => [label, ...summaries.map(of)]
  const rows = [
    [`stored responses, median of ${stores.rounds.length} round(s)`, ...STORES.map((name) => TITLES[name])],
    row('at 32: requests/s', (store) => figure(Math.round(store.manyPerSecond))),
    row('  CPU each', (store) => figure(store.manyCpuMs * 1_000, ' µs')),
    row('  p50 / p99', (store) => pair(store.manyP50Ms, store.manyP99Ms)),
    row('  core used by the subject', (store) => percent(store.manySubjectShare)),
    row('at 1: p50 / p99', (store) => pair(store.oneP50Ms, store.oneP99Ms)),
    row('round trips each, at 1 / at 32', (store) =>
      Number.isNaN(store.oneRoundTrips) ? '–' : `${figure(store.oneRoundTrips)} / ${figure(store.manyRoundTrips)}`,
    ),
  ]
  const byService = Object.entries(roundTripsByService(stores)).map(([service, each]) => `${service} ${figure(each)}`)
  return [
    '',
    ...table(rows),
    `SQLite, power against process: ${figure(powerAgainstProcess(stores), '×')} the requests/s`,
    ...(byService.length === 0 ? [] : [`PostgreSQL round trips each at 32, by service: ${byService.join(', ')}`]),
  ]
}

export function storeRemarks({ stores }: Results): string[] {
  const lines: string[] = []
  const loads = storedLoadsOf(stores)
  const failed = loads.reduce((sum, load) => sum + load.failed, 0)
  const firstFailure = loads.find((load) => load.firstFailure !== null)?.firstFailure
  const foreignShare = Math.max(0, ...loads.map((load) => load.reading.foreignShare))
  if (stores?.postgresMissing) lines.push(`stored responses: PostgreSQL is left out: ${stores.postgresMissing}`)
  if (failed > 0) lines.push(`stored responses: ${failed} exchanges failed, the first: ${firstFailure}`)
  if (foreignShare > NOISY_SHARE) {
    lines.push(`stored responses: other processes, PostgreSQL's own included, took up to ${percent(foreignShare)}`)
  }
  return lines
}
