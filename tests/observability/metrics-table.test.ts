import { readFileSync } from 'node:fs'
import { suite, type TestContext, test } from 'node:test'
import { createKafkaMetrics } from '@parley/chassis/events/kafka/kafka-metrics.ts'
import { Registry } from 'prom-client'
import { dashboards } from '../../scripts/dashboards/all.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'
import { startSystem } from '../harness/start-system.ts'

interface Described {
  readonly name: string
  readonly type: string
  readonly help: string
}

const read = (path: string) => readFileSync(`${repositoryFolder}${path}`, 'utf8')
const rules = ['recording', 'alerts'].map((name) => read(`deploy/prometheus/rules/${name}.yml`)).join('\n')

suite('docs/metrics.md', () => {
  test('has a row for every metric of the program, in its words, and no other', async (t: TestContext) => {
    const found = [...(await metricsOfEverything())].filter(({ name }) => name.startsWith('parley_'))
    const rows = tableRows(read('docs/metrics.md'))
    const expected = found.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
    const missing = expected.filter((row) => !rows.some((existing) => startsAlike(existing, row)))
    t.assert.deepStrictEqual(missing, [], 'rows to add or to correct')
    const names = new Set(found.map(({ name }) => name))
    const left = rows.map(nameOf).filter((name) => !names.has(name))
    t.assert.deepStrictEqual(left, [], 'rows of metrics that are gone')
  })

  test('names every recording rule', (t: TestContext) => {
    const page = read('docs/metrics.md')
    const records = [...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name ?? '')
    t.assert.ok(records.length > 10)
    t.assert.deepStrictEqual(
      records.filter((name) => !page.includes(`\`${name}\``)),
      [],
    )
  })
})

test('rules and dashboards only use metrics that there are', async (t: TestContext) => {
  const known = new Set((await metricsOfEverything()).flatMap(({ name, type }) => seriesOf(name, type)))
  const queries = dashboards.flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries)),
  )
  const text = `${rules}\n${queries.map(({ expr }) => expr).join('\n')}`
  const used = [...text.matchAll(/\b(?:parley|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name)
  t.assert.ok(used.length > 50)
  t.assert.deepStrictEqual([...new Set(used.filter((name) => !known.has(name)))], [])
})

async function metricsOfEverything(): Promise<Described[]> {
  await using system = await startSystem('one-process-strict')
  const page = await (await system.fetch('/metrics')).text()
  const kafka = new Registry()
  createKafkaMetrics(kafka).watchLag(() => [])
  // A process that calls no other has no metrics of discovery.
  const { watchDiscovery } = await import('@parley/chassis/discovery/discovery-metrics.ts')
  const discovery = new Registry()
  watchDiscovery(discovery, [{ service: 'gpt', shown: [], ejections: 0, failures: 0 } as never])
  return [page, await kafka.metrics(), await discovery.metrics()].flatMap(describedIn)
}

function describedIn(page: string): Described[] {
  return [...page.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name = '', help = '', type = '']) => ({
    name,
    type,
    help,
  }))
}

function seriesOf(name: string, type: string): string[] {
  return type === 'histogram' || type === 'summary' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

const tableRows = (page: string) => page.split('\n').filter((line) => line.startsWith('| `parley_'))
const nameOf = (row: string) => /`([a-z0-9_]+)`/.exec(row)?.[1] ?? ''
/** A further column says what to make of it. */
const startsAlike = (existing: string, row: string) => existing.startsWith(row)
