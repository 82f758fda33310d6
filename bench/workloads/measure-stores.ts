import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import { openClient } from '../load/closed-loop.ts'
import { responsesRequest } from '../load/dialect-request.ts'
import { fetchText } from '../load/exchange.ts'
import { isInMemory } from '../measure/file-system.ts'
import { type ByService, forEach, readCounter, without } from '../measure/metrics.ts'
import { API_KEY, type Durations } from '../settings.ts'
import { startParley } from '../subjects/parley.ts'
import type { Bed, RunningSubject } from '../subjects/subject.ts'
import { type LoadOptions, type LoadResult, measureJson } from './measure-load.ts'

export const STORES = ['process', 'power', 'postgres'] as const
/** SQLite whose commits survive the death of the process; SQLite whose commits survive a loss of power; PostgreSQL. */
export type StoreName = (typeof STORES)[number]

export interface StoredLoad extends LoadResult {
  /**
   * How often each service waited for the database server for a stored response, without what it asks in the same time when
   * there is nothing to do; null where there is no server.
   */
  readonly roundTripsEach: ByService | null
}

export interface StoreRound {
  readonly one: StoredLoad
  readonly many: StoredLoad
}

export interface StoresResult {
  readonly rounds: readonly Readonly<Partial<Record<StoreName, StoreRound>>>[]
  /** Why PostgreSQL was left out; null when it was not. */
  readonly postgresMissing: string | null
}

export interface StoresOptions {
  readonly bed: Bed
  readonly loadPids: readonly number[]
  readonly durations: Durations
}

const MANY = 32
const SETTLE_MS = 500
/** Until nothing is left to be done of what was asked before. */
const IDLE_MS = 3_000
const REQUEST = responsesRequest({ store: true })

/**
 * Stored responses on one process for each store. All of them run from the start to the end, and each is measured in each
 * round, in an order that rotates. Throws what is wrong when a response was not kept.
 */
export async function measureStores({ bed, loadPids, durations }: StoresOptions): Promise<StoresResult> {
  const folder = join(bed.folder, 'stores')
  await mkdir(folder)
  if (isInMemory(folder)) throw new Error(`${folder} is kept in memory, where waiting for the disk costs nothing`)
  await using stack = new AsyncDisposableStack()
  const found = await findPostgres()
  const postgresUrl = 'missing' in found ? null : stack.use(await createTestDatabase()).url
  let running: Running[] = []
  for (const name of STORES) {
    const env = environmentOf(name, { folder, postgresUrl })
    if (env === null) continue
    const own = { ...bed, folder: join(folder, name) }
    const subject = await startParley({ bed: own, name: 'parley', program: 'apps/all-in-one/main.ts', env })
    stack.defer(() => subject.stop())
    await assertKept(subject)
    running.push({ name, subject })
  }
  const load = { loadPids, concurrency: MANY, durationMs: durations.warmUpMs }
  for (const { subject } of running) await measureJson({ ...load, subject }, REQUEST)
  const postgres = running.find(({ name }) => name === 'postgres')?.subject ?? null
  const idle = {
    one: await idleTrips(postgres, durations.storedOneMs),
    many: await idleTrips(postgres, durations.storedManyMs),
  }

  const rounds: Partial<Record<StoreName, StoreRound>>[] = []
  const endsBefore = performance.now() + durations.storesMs
  while (rounds.length < durations.rounds && (rounds.length === 0 || performance.now() < endsBefore)) {
    const round: Partial<Record<StoreName, StoreRound>> = {}
    for (const { name, subject } of running) {
      const trips = name === 'postgres' ? idle : null
      const alone = { ...load, subject, concurrency: 1, durationMs: durations.storedOneMs }
      const one = await measureStored(alone, trips?.one ?? null)
      const many = await measureStored({ ...load, subject, durationMs: durations.storedManyMs }, trips?.many ?? null)
      round[name] = { one, many }
    }
    rounds.push(round)
    running = [...running.slice(1), ...running.slice(0, 1)]
  }
  return { rounds, postgresMissing: 'missing' in found ? found.missing : null }
}

interface Running {
  readonly name: StoreName
  readonly subject: RunningSubject
}

interface Places {
  readonly folder: string
  readonly postgresUrl: string | null
}

function environmentOf(name: StoreName, { folder, postgresUrl }: Places): Record<string, string> | null {
  if (name === 'postgres') return postgresUrl === null ? null : { DATABASE_URL: postgresUrl }
  return { DATABASE_URL: `sqlite:${join(folder, name, 'data')}`, PARLEY_DURABILITY: name }
}

/** What is done after the last answer belongs to it too, and should disturb nobody who is measured next. */
async function measureStored(options: LoadOptions, idle: ByService | null): Promise<StoredLoad> {
  const { origin } = options.subject
  const before = await readRoundTrips(origin)
  const result = await measureJson(options, REQUEST)
  await delay(SETTLE_MS)
  if (idle === null) return { ...result, roundTripsEach: null }
  const counted = without(await readRoundTrips(origin), before)
  return { ...result, roundTripsEach: forEach(without(counted, idle), result.completed) }
}

/** What a measurement as long as one of `durationMs` counts when nobody asks for anything; null without a database server. */
async function idleTrips(subject: RunningSubject | null, durationMs: number): Promise<ByService | null> {
  if (subject === null) return null
  await delay(IDLE_MS)
  const before = await readRoundTrips(subject.origin)
  await delay(durationMs + SETTLE_MS)
  return without(await readRoundTrips(subject.origin), before)
}

async function readRoundTrips(origin: string): Promise<ByService> {
  const { text } = await get(origin, '/metrics')
  return readCounter(text, 'parley_store_round_trips_total')
}

/** A benchmark of storing that stores nothing would be fast. */
async function assertKept({ origin }: RunningSubject): Promise<void> {
  const client = openClient(origin)
  try {
    const { status, text } = await fetchText(client, REQUEST)
    if (status !== 200) throw new Error(`a stored response was answered ${status} ${text.slice(0, 300)}`)
    const { id } = JSON.parse(text) as { id: string }
    const kept = await get(origin, `/v1/responses/${id}`)
    if (kept.status !== 200) throw new Error(`a stored response was not found afterwards: ${kept.text.slice(0, 300)}`)
  } finally {
    await client.destroy()
  }
}

async function get(origin: string, path: string) {
  const client = openClient(origin)
  try {
    return await fetchText(client, { method: 'GET', path, headers: { authorization: `Bearer ${API_KEY}` } })
  } finally {
    await client.destroy()
  }
}
