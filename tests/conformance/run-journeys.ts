import { after, before, describe, type TestContext, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import type { System, Topology } from '../harness/system.ts'
import type { Place } from '../harness/topologies.ts'
import { PublishedTraffic, publishedRoutes } from '../published/published-traffic.ts'
import { configFile } from './config-file.ts'
import type { Journey } from './journey.ts'
import { journeys } from './journeys.ts'

/** Journeys have models and mostly tenants of their own, so some can be under way at once. */
const concurrency = 5
const journeyTimeoutMs = 40_000

/** Every type of event that a stream of a response is made of. */
const eventTypes: readonly string[] = [
  ...['created', 'queued', 'in_progress', 'completed', 'incomplete', 'failed'],
  ...['output_item', 'content_part'].flatMap((name) => [`${name}.added`, `${name}.done`]),
  ...['output_text', 'refusal', 'reasoning_text', 'function_call_arguments', 'custom_tool_call_input'].flatMap(
    (name) => [`${name}.delta`, `${name}.done`],
  ),
].map((name) => `response.${name}`)

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
    const traffic = new PublishedTraffic()
    before(async () => {
      system = await startSystem(topology, {
        configFile,
        env: variant?.env ?? {},
        fetch: traffic.fetch,
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
    test("every answer and every event of the journeys fits OpenAI's description", (t: TestContext) => {
      t.assert.deepEqual(traffic.problems, [])
      const streamed = ['POST /v1/responses', 'GET /v1/responses/{id}', 'POST /v1/chat/completions']
      const routes = [...publishedRoutes, ...streamed.map((route) => `${route} stream`)]
      t.assert.deepEqual([...traffic.routes].sort(), routes.sort(), 'every route has answered')
      t.assert.deepEqual([...traffic.events].sort(), eventTypes.toSorted(), 'every event was sent')
    })
  })
}
