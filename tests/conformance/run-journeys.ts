import { after, before, describe, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import type { System, Topology } from '../harness/system.ts'
import type { Place } from '../harness/topologies.ts'
import { configFile } from './config-file.ts'
import type { Journey } from './journey.ts'
import { journeys } from './journeys.ts'

/** Journeys have models and mostly tenants of their own, so some can be under way at once. */
const concurrency = 5
const journeyTimeoutMs = 40_000

/** What a system is run on, other than what comes by default. */
export interface Variant {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** Why it cannot be run on this machine. */
  readonly skip: string | false
  /** Starts its processes otherwise than from this checkout. */
  readonly place?: Place
}

/** Runs every journey against one system in the given topology. */
export function runJourneys(topology: Topology, variant?: Variant): void {
  const name = variant === undefined ? `topology ${topology}` : `topology ${topology}, ${variant.name}`
  describe(name, { skip: variant?.skip ?? false }, () => {
    let system: System
    before(async () => {
      system = await startSystem(topology, {
        configFile,
        env: variant?.env ?? {},
        ...(variant?.place && { place: variant.place }),
      })
    })
    after(() => system.stop())
    const add = ({ name, run }: Journey) => test(name, { timeout: journeyTimeoutMs }, (t) => run(t, system))
    describe('side by side', { concurrency }, () => {
      for (const journey of journeys.filter(({ alone = false }) => !alone)) add(journey)
    })
    describe('one at a time', () => {
      for (const journey of journeys.filter(({ alone = false }) => alone)) add(journey)
    })
  })
}
