import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findKafka, findPostgres } from '@parley/testkit/services.ts'
import { Admin } from '@platformatic/kafka'
import type { StoreEvidence } from '../evidence/evidence.ts'
import { readPostgresStores } from '../evidence/read-postgres.ts'
import { readSqliteStores } from '../evidence/read-sqlite.ts'

export const storeKinds = ['sqlite', 'postgres'] as const
export const transportKinds = ['direct', 'kafka'] as const
export type StoreKind = (typeof storeKinds)[number]
export type TransportKind = (typeof transportKinds)[number]

/** A store for one system: where programs find it, and what is in it afterwards. */
export interface StoreBacking extends AsyncDisposable {
  /** The port of the server that programs connect to, so that a proxy can stand in between; null when there is none. */
  readonly serverPort: number | null
  /** What programs are told; they reach the server at `port`. */
  env(port: number | null): Readonly<Record<string, string>>
  /** Everything in it. */
  read(): Promise<StoreEvidence>
}

/** What carries events for one system. */
export interface TransportBacking extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>
}

/** Why a kind cannot be used on this machine; null when it can. */
export async function storeAbsence(kind: StoreKind): Promise<string | null> {
  if (kind === 'sqlite') return null
  const found = await findPostgres()
  return 'missing' in found ? found.missing : null
}

export async function transportAbsence(kind: TransportKind): Promise<string | null> {
  if (kind === 'direct') return null
  const found = await findKafka()
  return 'missing' in found ? found.missing : null
}

export async function openStoreBacking(kind: StoreKind, folder: string): Promise<StoreBacking> {
  if (kind === 'postgres') return openPostgres()
  const data = join(folder, 'data')
  return {
    serverPort: null,
    env: () => ({ PARLEY_DATA: data }),
    read: () => readSqliteStores(data),
    async [Symbol.asyncDispose]() {},
  }
}

export async function openTransportBacking(kind: TransportKind): Promise<TransportBacking> {
  return kind === 'kafka' ? openKafka() : { env: { EVENTS: 'direct' }, async [Symbol.asyncDispose]() {} }
}

/** A database of its own, which goes with the system. */
async function openPostgres(): Promise<StoreBacking> {
  const database = await createTestDatabase()
  const { port } = new URL(database.url)
  return {
    serverPort: port === '' ? 5432 : Number(port),
    env(proxyPort) {
      const url = new URL(database.url)
      url.hostname = '127.0.0.1'
      if (proxyPort !== null) url.port = String(proxyPort)
      return { DATABASE_URL: url.href, DATABASE_POOL_MAX: '6' }
    },
    read: () => readPostgresStores(database.url),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** Topics of its own on the broker that is there; programs know them by a prefix. */
async function openKafka(): Promise<TransportBacking> {
  const found = await findKafka()
  if ('missing' in found) throw new Error(found.missing)
  const prefix = `chaos-${randomBytes(4).toString('hex')}.`
  return {
    env: { EVENTS: 'kafka', KAFKA_BROKERS: found.brokers, KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: '3' },
    async [Symbol.asyncDispose]() {
      const admin = new Admin({ clientId: 'parley-chaos', bootstrapBrokers: found.brokers.split(',') })
      try {
        const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix))
        if (topics.length > 0) await admin.deleteTopics({ topics })
      } finally {
        await admin.close()
      }
    },
  }
}
