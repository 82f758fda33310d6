import { existsSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { fileURLToPath } from 'node:url'

/** A service of this machine that tests may use, or why there is none. */
export type Found<T> = T | { readonly missing: string }

export interface KafkaService {
  /** `host:port`, as in KAFKA_BROKERS. */
  readonly brokers: string
}

export interface PostgresService {
  /** Of a user who may make databases and roles. */
  readonly url: string
}

export interface ZipkinService {
  /** Of its API, without a path. */
  readonly url: string
}

const startThem = 'start it with `npm run services`'

/** A Kafka that tests may use: the one that KAFKA_BROKERS names, else the one that `npm run services` started. */
export async function findKafka(): Promise<Found<KafkaService>> {
  const brokers = process.env.KAFKA_BROKERS ?? readStarted()?.kafka?.brokers
  if (brokers === undefined) return { missing: `there is no Kafka: ${startThem}` }
  if (await listens(brokers.split(',')[0] ?? '')) return { brokers }
  return { missing: `no Kafka answers at ${brokers}: ${startThem}` }
}

/** A PostgreSQL that tests may use: PARLEY_TEST_POSTGRES_URL, else the one that `npm run services` started. */
export async function findPostgres(): Promise<Found<PostgresService>> {
  const url = process.env.PARLEY_TEST_POSTGRES_URL ?? readStarted()?.postgres?.url
  if (url === undefined) return { missing: `there is no PostgreSQL: ${startThem}` }
  const { hostname, port } = new URL(url)
  if (await listens(`${hostname}:${port === '' ? 5432 : port}`)) return { url }
  return { missing: `no PostgreSQL answers at ${hostname}: ${startThem}` }
}

/** A Zipkin that tests may use: PARLEY_TEST_ZIPKIN_URL, else the one that `npm run services` started. */
export async function findZipkin(): Promise<Found<ZipkinService>> {
  const url = process.env.PARLEY_TEST_ZIPKIN_URL ?? readStarted()?.zipkin?.url
  if (url === undefined) return { missing: `there is no Zipkin: ${startThem}` }
  const { hostname, port } = new URL(url)
  if (await listens(`${hostname}:${port}`)) return { url }
  return { missing: `no Zipkin answers at ${url}: ${startThem}` }
}

interface Started {
  readonly kafka?: { readonly brokers: string }
  readonly postgres?: { readonly url: string }
  readonly zipkin?: { readonly url: string }
}

function readStarted(): Started | null {
  const file = fileURLToPath(new URL('../../.cache/services/services.json', import.meta.url))
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Started) : null
}

const connectTimeoutMs = 1_000

function listens(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':')
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: Number(port), timeout: connectTimeoutMs })
    const settle = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
}
