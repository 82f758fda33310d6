import type { ByService } from '../measure/metrics.ts'
import { median } from '../measure/statistics.ts'
import type { StoredLoad, StoreName, StoreRound, StoresResult } from '../workloads/measure-stores.ts'

/** One store over all rounds: medians; NaN for what was not measured. */
export interface StoreSummary {
  readonly manyPerSecond: number
  readonly manyCpuMs: number
  readonly manyP50Ms: number
  readonly manyP99Ms: number
  readonly manySubjectShare: number
  readonly oneP50Ms: number
  readonly oneP99Ms: number
  readonly oneRoundTrips: number
  readonly manyRoundTrips: number
}

export function summariseStore(stores: StoresResult | null, name: StoreName): StoreSummary {
  const middle = (pick: (round: StoreRound) => number) =>
    median((stores?.rounds ?? []).flatMap((round) => (round[name] === undefined ? [] : pick(round[name]))))
  return {
    manyPerSecond: middle(({ many }) => many.perSecond),
    manyCpuMs: middle(({ many }) => many.cpuMsEach),
    manyP50Ms: middle(({ many }) => many.latencyMs.p50),
    manyP99Ms: middle(({ many }) => many.latencyMs.p99),
    manySubjectShare: middle(({ many }) => many.reading.subjectShare),
    oneP50Ms: middle(({ one }) => one.latencyMs.p50),
    oneP99Ms: middle(({ one }) => one.latencyMs.p99),
    oneRoundTrips: middle(({ one }) => total(one.roundTripsEach)),
    manyRoundTrips: middle(({ many }) => total(many.roundTripsEach)),
  }
}

/** NaN where nothing was counted. */
function total(roundTrips: ByService | null): number {
  const counts = Object.values(roundTrips ?? {})
  return counts.length === 0 ? Number.NaN : counts.reduce((sum, count) => sum + count)
}

/** The median over the rounds of what is left of the throughput within one round when commits outlive a loss of power. */
export function powerAgainstProcess(stores: StoresResult | null): number {
  const rounds = stores?.rounds ?? []
  return median(
    rounds.flatMap(({ process, power }) =>
      process === undefined || power === undefined ? [] : power.many.perSecond / process.many.perSecond,
    ),
  )
}

export function storedLoadsOf(stores: StoresResult | null): StoredLoad[] {
  return (stores?.rounds ?? []).flatMap((round) => Object.values(round).flatMap(({ one, many }) => [one, many]))
}

/** Median over the rounds of the round trips of a service at 32. */
export function roundTripsByService(stores: StoresResult): Readonly<Record<string, number>> {
  const readings = stores.rounds.map(({ postgres }) => postgres?.many.roundTripsEach ?? {})
  const services = Object.keys(readings[0] ?? {})
  return Object.fromEntries(
    services.map((service) => [service, median(readings.map((reading) => reading[service] ?? Number.NaN))]),
  )
}
