import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { analyse } from '../../scripts/rollout/analyse.ts'
import { trafficQuery } from '../../scripts/rollout/checks.ts'
import { askPrometheus } from '../../scripts/rollout/prometheus.ts'
import { findPrometheusProgram, missingPrometheus } from '../../scripts/tools/prometheus.ts'
import { findFreePorts } from '../harness/free-ports.ts'

const program = findPrometheusProgram('prometheus')
const skip = program === null ? missingPrometheus : false

interface Pod {
  readonly name: string
  /** Share of requests that fail. */
  readonly failing: number
  readonly ready?: number
}

const requestsPerScrape = 50
const window = '10s'

/** What a pod tells: every time it is asked, it has answered fifty more requests. */
async function startPods(t: TestContext, pods: readonly Pod[]): Promise<string> {
  const scrapes = new Map<string, number>()
  const server = createServer((request, response) => {
    const pod = pods.find(({ name }) => request.url === `/${name}`)
    const count = (scrapes.get(pod?.name ?? '') ?? 0) + 1
    scrapes.set(pod?.name ?? '', count)
    const all = count * requestsPerScrape
    const failed = Math.round(all * (pod?.failing ?? 0))
    const lines = [
      `parley_ready ${pod?.ready ?? 1}`,
      'process_start_time_seconds 1000',
      `parley_gateway_requests_total{status="200"} ${all - failed}`,
      `parley_gateway_requests_total{status="500"} ${failed}`,
      `parley_gateway_request_duration_seconds_bucket{le="0.1"} ${all}`,
      `parley_gateway_request_duration_seconds_bucket{le="+Inf"} ${all}`,
    ]
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A real Prometheus that reads the pods twice a second. Resolves once it has seen each of them work. */
async function startPrometheus(t: TestContext, pods: readonly Pod[]): Promise<string> {
  const target = await startPods(t, pods)
  const folder = await mkdtemp(join(tmpdir(), 'parley-prometheus-'))
  const port = await findFreePorts(1)
  const jobs = pods.map(({ name }) => ({
    job_name: name,
    metrics_path: `/${name}`,
    static_configs: [{ targets: [target], labels: { pod: name } }],
  }))
  const config = { global: { scrape_interval: '500ms', scrape_timeout: '500ms' }, scrape_configs: jobs }
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const child = spawn(
    program ?? '',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  const ask = askPrometheus(url)
  const works = async ({ name }: Pod) => ((await ask(trafficQuery(`pod="${name}"`, window)).catch(() => 0)) ?? 0) > 200
  const allWork = async () => (await Promise.all(pods.map(works))).every(Boolean)
  await waitUntil(allWork, { timeoutMs: 60_000, pollMs: 200, what: 'Prometheus to have read the pods' })
  return url
}

function compare(url: string, canary: string) {
  return analyse({
    ask: askPrometheus(url),
    canary: `pod=~"${canary}-.*"`,
    stable: 'pod="gateway-1"',
    window,
    durationMs: 1_500,
    intervalMs: 500,
    requestsMin: 100,
  })
}

describe('a new version as a real Prometheus sees it', { skip }, () => {
  test('the one that does well is promoted, those that do not are rolled back', async (t: TestContext) => {
    const url = await startPrometheus(t, [
      { name: 'gateway-1', failing: 0.001 },
      { name: 'well-1', failing: 0.001 },
      { name: 'failing-1', failing: 0.2 },
      { name: 'unready-1', failing: 0, ready: 0 },
    ])
    t.assert.deepEqual(await compare(url, 'well'), { decision: 'promote', reasons: [] })
    const failing = await compare(url, 'failing')
    t.assert.equal(failing.decision, 'roll-back')
    t.assert.match(failing.reasons.join(), /share of clients' requests that failed: 0\.2\d*, at present 0/)
    t.assert.deepEqual(await compare(url, 'unready'), {
      decision: 'roll-back',
      reasons: ['pods that are not ready: 1, at most 0'],
    })
    t.assert.equal((await compare(url, 'absent')).decision, 'inconclusive')
  })
})
