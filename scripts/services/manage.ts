import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from './kafka.ts'
import { apiVersionsAnswer } from './kafka-probe.ts'
import { startPostgres } from './postgres.ts'
import { isHealthy, startZipkin } from './zipkin.ts'

/** What is said of the running services to whoever wants to use them, in `services.json`. */
export interface Started {
  readonly postgres?: { readonly url: string; readonly pid: number }
  readonly kafka?: { readonly brokers: string; readonly pid: number }
  readonly zipkin?: { readonly url: string; readonly pid: number }
}

export interface StartReport {
  /** What a shell reads to use what runs. */
  readonly lines: readonly string[]
  /** Why something does not run, in words. */
  readonly problems: readonly string[]
}

const stopTimeoutMs = 20_000
const pollMs = 50

/** Starts what does not run yet and waits until it answers. One that cannot start does not keep the others from it. */
export async function startServices(folder: string): Promise<StartReport> {
  await mkdir(folder, { recursive: true })
  const { postgres, kafka, zipkin } = await readStarted(folder)
  const [database, broker, traces] = await Promise.allSettled([
    postgres ?? startPostgres({ dataDir: path.join(folder, 'postgres'), port: 0, detached: true }),
    kafka ??
      startKafka({ folder: path.join(folder, 'kafka'), jarFolder: path.join(folder, 'kafka-jars'), detached: true }),
    zipkin ??
      startZipkin({ folder: path.join(folder, 'zipkin'), jarFolder: path.join(folder, 'zipkin-jar'), detached: true }),
  ])
  const started: Started = {
    ...(database.status === 'fulfilled' && { postgres: { url: database.value.url, pid: database.value.pid } }),
    ...(broker.status === 'fulfilled' && { kafka: { brokers: broker.value.brokers, pid: broker.value.pid } }),
    ...(traces.status === 'fulfilled' && { zipkin: { url: traces.value.url, pid: traces.value.pid } }),
  }
  await writeStarted(folder, started)
  const problems = [database, broker, traces].flatMap((end) =>
    end.status === 'rejected' ? [(end.reason as Error).message] : [],
  )
  return { lines: exportLines(started), problems }
}

/** Ends each by its own process id. Resolves to the names of those that ran. */
export async function stopServices(folder: string): Promise<string[]> {
  const { postgres, kafka, zipkin } = await readStarted(folder)
  await Promise.all([
    // To PostgreSQL, SIGTERM means to wait for its clients.
    postgres && end(postgres.pid, 'SIGINT'),
    kafka && end(kafka.pid, 'SIGTERM'),
    zipkin && end(zipkin.pid, 'SIGTERM'),
  ])
  await rm(fileOf(folder), { force: true })
  return [...(postgres ? ['postgres'] : []), ...(kafka ? ['kafka'] : []), ...(zipkin ? ['zipkin'] : [])]
}

/** One line for each. */
export async function statusOfServices(folder: string): Promise<string> {
  const { postgres, kafka, zipkin } = await readStarted(folder)
  return [
    `postgres  ${postgres === undefined ? 'does not run' : `${postgres.url}  pid ${postgres.pid}`}`,
    `kafka     ${kafka === undefined ? 'does not run' : `${kafka.brokers}  pid ${kafka.pid}`}`,
    `zipkin    ${zipkin === undefined ? 'does not run' : `${zipkin.url}  pid ${zipkin.pid}`}`,
  ].join('\n')
}

function exportLines({ postgres, kafka, zipkin }: Started): string[] {
  return [
    ...(postgres === undefined ? [] : [`export DATABASE_URL=${postgres.url}`]),
    ...(kafka === undefined ? [] : [`export EVENTS=kafka KAFKA_BROKERS=${kafka.brokers}`]),
    ...(zipkin === undefined
      ? []
      : [`export OTEL_TRACES_EXPORTER=zipkin OTEL_EXPORTER_ZIPKIN_ENDPOINT=${zipkin.url}/api/v2/spans`]),
  ]
}

/** Only what still runs and answers. */
async function readStarted(folder: string): Promise<Started> {
  const file = fileOf(folder)
  const { postgres, kafka, zipkin }: Started = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {}
  const hasPostgres =
    postgres !== undefined && isAlive(postgres.pid) && (await listens(Number(new URL(postgres.url).port)))
  const hasKafka = kafka !== undefined && isAlive(kafka.pid) && (await apiVersionsAnswer(portOf(kafka.brokers)))
  const hasZipkin = zipkin !== undefined && isAlive(zipkin.pid) && (await isHealthy(zipkin.url))
  return { ...(hasPostgres && { postgres }), ...(hasKafka && { kafka }), ...(hasZipkin && { zipkin }) }
}

async function writeStarted(folder: string, started: Started): Promise<void> {
  const file = fileOf(folder)
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(started, null, 2)}\n`)
  await rename(`${file}.${process.pid}`, file)
}

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  const endsAtMs = performance.now() + stopTimeoutMs
  send(pid, signal)
  while (isAlive(pid) && performance.now() < endsAtMs) await delay(pollMs)
  if (isAlive(pid)) send(pid, 'SIGKILL')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

const portOf = (brokers: string) => Number(brokers.split(':')[1])
const fileOf = (folder: string) => path.join(folder, 'services.json')
