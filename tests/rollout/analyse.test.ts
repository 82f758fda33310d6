import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { type AnalysisOptions, analyse } from '../../scripts/rollout/analyse.ts'
import { checks, trafficQuery } from '../../scripts/rollout/checks.ts'
import { askPrometheus } from '../../scripts/rollout/prometheus.ts'
import { startSystem } from '../harness/start-system.ts'

const canary = 'pod="new"'
const stable = 'pod="old"'

/** Answers queries over HTTP as Prometheus does; `answer` gets the query and how many have come, and throws to refuse. */
async function startAnswers(t: TestContext, answer: (query: string, count: number) => number | null): Promise<string> {
  let count = 0
  const server = createServer(async (request, response) => {
    const query = new URLSearchParams(await Array.fromAsync(request, String).then((parts) => parts.join(''))).get(
      'query',
    )
    try {
      const value = answer(query ?? '', count++)
      const result = value === null ? [] : [{ metric: {}, value: [0, String(value)] }]
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
    } catch (error) {
      response.writeHead(400).end(JSON.stringify({ status: 'error', error: String(error) }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function options(url: string, more: Partial<AnalysisOptions> = {}): AnalysisOptions {
  const times = { durationMs: 60, intervalMs: 20, window: '5m', requestsMin: 100 }
  return { ask: askPrometheus(url), canary, stable, ...times, ...more }
}

const isTraffic = (query: string) => query === trafficQuery(canary, '5m')
const isFailures = (query: string) =>
  query.includes('parley_gateway_requests_total') && query.includes('status') && !isTraffic(query)

describe('whether a new version does as well as the present one', () => {
  test('one that does is promoted', async (t: TestContext) => {
    const url = await startAnswers(t, (query) => (isTraffic(query) ? 500 : 0))
    t.assert.deepEqual(await analyse(options(url)), { decision: 'promote', reasons: [] })
  })

  test('one that fails more often is rolled back at the second look, in words', async (t: TestContext) => {
    const url = await startAnswers(t, (query) => {
      if (isFailures(query)) return query.includes(canary) ? 0.2 : 0.001
      return isTraffic(query) ? 500 : 0
    })
    const startedMs = performance.now()
    const { decision, reasons } = await analyse(options(url, { durationMs: 60_000 }))
    t.assert.equal(decision, 'roll-back')
    t.assert.deepEqual(reasons, ["share of clients' requests that failed: 0.2, at present 0.001, at most 0.005"])
    t.assert.ok(performance.now() - startedMs < 30_000, 'it does not wait for the end')
  })

  test('one that is as bad as the present one is not to blame', async (t: TestContext) => {
    const url = await startAnswers(t, (query) => (isTraffic(query) ? 500 : isFailures(query) ? 0.2 : 0))
    t.assert.equal((await analyse(options(url))).decision, 'promote')
  })

  test('what must never be is not excused by the present version', async (t: TestContext) => {
    const url = await startAnswers(t, (query) => (isTraffic(query) ? 500 : query.includes('parley_ready') ? 1 : 0))
    const { decision, reasons } = await analyse(options(url))
    t.assert.equal(decision, 'roll-back')
    t.assert.deepEqual(reasons, ['pods that are not ready: 1, at most 0'])
  })

  test('one bad look among good ones is chance', async (t: TestContext) => {
    let looks = 0
    const url = await startAnswers(t, (query) => {
      if (query.includes('parley_ready') && query.includes(canary)) return looks++ === 0 ? 1 : 0
      return isTraffic(query) ? 500 : 0
    })
    for (const durationMs of [0, 60]) {
      looks = 0
      t.assert.equal((await analyse(options(url, { durationMs }))).decision, 'promote')
    }
  })

  test('one that nobody asked anything is not known well enough', async (t: TestContext) => {
    const url = await startAnswers(t, (query) => (isTraffic(query) ? 3 : null))
    const { decision, reasons } = await analyse(options(url))
    t.assert.equal(decision, 'inconclusive')
    t.assert.match(reasons[0] ?? '', /asked 3 times within 5m, fewer than 100/)
  })

  test('without a Prometheus nothing can be said', async (t: TestContext) => {
    const refusing = await startAnswers(t, () => {
      throw new Error('too many samples')
    })
    const { decision, reasons } = await analyse(options(refusing, { durationMs: 60_000 }))
    t.assert.equal(decision, 'inconclusive')
    t.assert.match(reasons[0] ?? '', /too many samples/)
    t.assert.equal((await analyse(options('http://127.0.0.1:9'))).decision, 'inconclusive')
  })
})

test('what is compared is told by a running process', async (t: TestContext) => {
  await using system = await startSystem('one-process')
  await system.client().chat.completions.create({ model: 'any', messages: [{ role: 'user', content: 'hello' }] })
  const told = await (await system.fetch('/metrics')).text()
  const queries = [...checks.map(({ query }) => query(canary, '5m')), trafficQuery(canary, '5m')].join(' ')
  const names = new Set(queries.match(/\b(?:parley|process|nodejs)_\w+/g)?.map((name) => name.replace(/_bucket$/, '')))
  t.assert.ok(names.size >= 8)
  t.assert.deepEqual(
    [...names].filter((name) => !told.includes(`# TYPE ${name} `)),
    [],
  )
})
