import { after, before, suite, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { dashboards } from '../../scripts/dashboards/all.ts'
import type { Dashboard, Query } from '../../scripts/dashboards/dashboard.ts'
import { kafkaVariant } from '../harness/kafka-variant.ts'
import { type Load, startLoad } from './drive-load.ts'
import { type Prometheus, prometheusSkip, startPrometheus } from './prometheus.ts'
import { type SplitSystem, startSplitSystem } from './split-system.ts'

/** Scrapes are a second apart here, and a rate needs two within its window. */
const rateInterval = '30s'
const dataTimeoutMs = 60_000
const roundsMin = 5

/** Without a Kafka, its queries have nothing to show; PostgreSQL has tests of its own, and alerts fire in another suite. */
const kafka = await kafkaVariant()
const absentNeeds: readonly Query['needs'][] = [
  'postgres',
  'an alert',
  ...(kafka.skip === false ? [] : (['kafka'] as const)),
]

suite('dashboards over a split system under load', { skip: prometheusSkip }, () => {
  let system: SplitSystem
  let prometheus: Prometheus
  let load: Load

  before(async () => {
    system = await startSplitSystem(kafka.env)
    prometheus = await startPrometheus(system.targets)
    load = await startLoad(system)
    await prometheus.untilScraped()
    await waitUntil(() => load.rounds >= roundsMin, { timeoutMs: dataTimeoutMs, pollMs: 50, what: 'a load' })
  })

  after(async () => {
    await load?.stop()
    await prometheus?.[Symbol.asyncDispose]()
    await system?.[Symbol.asyncDispose]()
  })

  for (const dashboard of dashboards) {
    test(`every query of '${dashboard.title}' has data`, async (t: TestContext) => {
      const queries = dashboard.rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries))
      const asked = queries.filter(({ needs }) => needs === undefined || !absentNeeds.includes(needs))
      t.assert.ok(asked.length > 0)
      let empty: string[] = []
      const allHaveData = async () => {
        const found = await Promise.all(asked.map(({ expr }) => hasData(prometheus, dashboard, expr)))
        empty = asked.filter((_, index) => found[index] === false).map(({ expr }) => expr)
        return empty.length === 0
      }
      await waitUntil(allHaveData, { timeoutMs: dataTimeoutMs, pollMs: 500 }).catch(() => {})
      t.assert.deepStrictEqual(empty, [])
    })
  }

  test('queries that need what is missing here are understood all the same', async (t: TestContext) => {
    for (const dashboard of dashboards) {
      for (const { expr } of dashboard.rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries))) {
        await t.assert.doesNotReject(hasData(prometheus, dashboard, expr))
      }
    }
  })

  test('every recording rule has data', async (t: TestContext) => {
    const names = await prometheus.recordings()
    t.assert.ok(names.length > 10)
    let empty: string[] = []
    const allHaveData = async () => {
      const found = await Promise.all(names.map((name) => prometheus.query(name)))
      empty = names.filter((_, index) => found[index]?.length === 0)
      return empty.length === 0
    }
    await waitUntil(allHaveData, { timeoutMs: dataTimeoutMs, pollMs: 500 }).catch(() => {})
    t.assert.deepStrictEqual(empty, [])
  })

  test('a query for what nobody counts has no data', async (t: TestContext) => {
    const [dashboard] = dashboards
    t.assert.ok(dashboard)
    t.assert.strictEqual(await hasData(prometheus, dashboard, 'parley_never_counted_total'), false)
  })

  test('tokens and money are split by the class of the tenant and by model', async (t: TestContext) => {
    const costs = await prometheus.query('sum by (tenant_class, model) (parley_cost_micros_total{kind="used"}) > 0')
    const shown = costs.map(({ labels }) => `${labels.tenant_class} ${labels.model}`).toSorted()
    t.assert.deepStrictEqual(shown, ['default priced-model', 'gold priced-model'])
  })
})

/** With a variable, for at least one of its values: not every service has a database, or is called. */
async function hasData(prometheus: Prometheus, { variables }: Dashboard, expr: string): Promise<boolean> {
  const filled = expr.replaceAll('$__rate_interval', rateInterval)
  const [variable] = variables
  if (variable === undefined) return holdsNumber(await prometheus.query(filled))
  const { metric, label } = variable.values
  const series = await prometheus.query(`count by (${label}) (${metric})`)
  for (const { labels } of series) {
    const value = labels[label] ?? ''
    if (holdsNumber(await prometheus.query(filled.replaceAll(`$${variable.name}`, value)))) return true
  }
  return false
}

function holdsNumber(samples: readonly { readonly value: number }[]): boolean {
  return samples.some(({ value }) => Number.isFinite(value))
}
