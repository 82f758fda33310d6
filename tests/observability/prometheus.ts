import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findPrometheusProgram, missingPrometheus } from '../../scripts/tools/prometheus.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Alert {
  readonly name: string
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
}

/** A real Prometheus with the rules of `deploy/`, asking the given targets once a second. */
export interface Prometheus extends AsyncDisposable {
  /** What PromQL gives now. Rejects with Prometheus' own words when it does not understand. */
  query(expr: string): Promise<Sample[]>
  alerts(): Promise<Alert[]>
  /** Recording rules, by name. */
  recordings(): Promise<string[]>
  /** Resolves once every target was asked and answered. */
  untilScraped(): Promise<void>
}

/** Why there is none on this machine; false when there is. */
export const prometheusSkip = findPrometheusProgram('prometheus') === null ? missingPrometheus : false

const intervalSeconds = 1
const startTimeoutMs = 60_000
const stopTimeoutMs = 10_000

export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const program = findPrometheusProgram('prometheus')
  if (program === null) throw new Error(missingPrometheus)
  const folder = await mkdtemp(join(tmpdir(), 'parley-prometheus-'))
  const address = `127.0.0.1:${await findFreePorts(1)}`
  await writeFile(join(folder, 'prometheus.yml'), configOf(targets))
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  const stop = async () => {
    process.off('exit', killNow)
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  const ask = createAsk(`http://${address}`)
  try {
    await waitUntil(() => isReady(address, child), {
      timeoutMs: startTimeoutMs,
      pollMs: 50,
      what: 'a ready Prometheus',
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { ...createQueries(ask, targets.length), [Symbol.asyncDispose]: stop }
}

/** JSON is YAML too. */
function configOf(targets: readonly string[]): string {
  return JSON.stringify({
    global: {
      scrape_interval: `${intervalSeconds}s`,
      scrape_timeout: `${intervalSeconds}s`,
      evaluation_interval: `${intervalSeconds}s`,
    },
    rule_files: [join(repositoryFolder, 'deploy/prometheus/rules/*.yml')],
    scrape_configs: [{ job_name: 'parley', static_configs: [{ targets }] }],
  })
}

type Ask = <T>(path: string) => Promise<T>

function createAsk(url: string): Ask {
  return async (path) => {
    const answer = await fetch(`${url}/api/v1/${path}`)
    const said = (await answer.json()) as { status: 'success'; data: never } | { status: 'error'; error: string }
    if (said.status === 'error') throw new Error(`Prometheus refuses ${path}: ${said.error}`)
    return said.data
  }
}

function createQueries(ask: Ask, targetCount: number): Omit<Prometheus, typeof Symbol.asyncDispose> {
  interface Vector {
    result: { metric: Record<string, string>; value: [number, string] }[]
  }
  interface Targets {
    activeTargets: { health: string }[]
  }
  interface Groups {
    groups: { rules: { type: string; name: string }[] }[]
  }
  return {
    async query(expr) {
      const { result } = await ask<Vector>(`query?query=${encodeURIComponent(expr)}`)
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
    },
    async alerts() {
      const { alerts } = await ask<{ alerts: { labels: Record<string, string>; state: Alert['state'] }[] }>('alerts')
      return alerts.map(({ labels, state }) => ({ name: labels.alertname ?? '', state, labels }))
    },
    async recordings() {
      const { groups } = await ask<Groups>('rules')
      return groups.flatMap(({ rules }) => rules.flatMap(({ type, name }) => (type === 'recording' ? [name] : [])))
    },
    async untilScraped() {
      const areUp = async () => {
        const { activeTargets } = await ask<Targets>('targets?state=active')
        return activeTargets.filter(({ health }) => health === 'up').length === targetCount
      }
      await waitUntil(areUp, { timeoutMs: startTimeoutMs, pollMs: 100, what: 'every target scraped' })
    },
  }
}

async function isReady(address: string, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`)
  return fetch(`http://${address}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}
