import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { eventMigrations } from '@parley/chassis/events/migrations.ts'
import type { Migration } from '@parley/chassis/store/migrations.ts'
import { type OpenStoreOptions, openStore } from '@parley/chassis/store/open-store.ts'
import type { Store, StoreDialect } from '@parley/chassis/store/store.ts'

/** A store of its own, in a temporary folder or a schema that nothing else uses. */
export type TestStore<Schema> = Store<Schema> & {
  readonly folder: string
  readonly url: string
  /** Resolves when the database has answered everything, and what follows from its answers as well. */
  settled(): Promise<void>
}

/** A PostgreSQL database for the tests of this process; without one they use SQLite. */
const postgresUrl = process.env.PARLEY_TEST_DATABASE_URL

export const testDialect: StoreDialect = postgresUrl === undefined ? 'sqlite' : 'postgres'

/** Why tests of SQLite itself do not run in this process; false when they do. */
export const sqliteOnly = testDialect === 'sqlite' ? false : 'this is about SQLite'

/** `migrations` are the service's own; the outbox and inbox come with every store, as they do at run time. */
export async function createTestStore<Schema>(
  service: string,
  migrations: readonly Migration[],
  options: Partial<Pick<OpenStoreOptions, 'durability' | 'limits' | 'log' | 'connectionsMax' | 'tracer'>> = {},
): Promise<TestStore<Schema>> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
  const place =
    postgresUrl === undefined
      ? { url: `sqlite:${folder}` }
      : { url: postgresUrl, schema: `${service}_${randomBytes(6).toString('hex')}` }
  const store = await openStore<Schema>({
    ...place,
    service,
    migrations: [...eventMigrations, ...migrations],
    durability: 'process',
    ...options,
  })
  const dispose = store[Symbol.asyncDispose].bind(store)
  return Object.assign(store, {
    folder,
    url: place.url,
    ...(testDialect === 'postgres' ? watched(store) : { settled: turns }),
    async [Symbol.asyncDispose]() {
      await dispose()
      await rm(folder, { recursive: true, force: true })
    },
  })
}

const turnsMax = 10

/** Lets everything happen that needs no time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) await nextTurn()
}

/** Notes what a server was asked and has not answered yet. */
function watched<Schema>(
  store: Store<Schema>,
): Pick<TestStore<Schema>, 'transaction' | 'prepare' | 'tryLock' | 'settled'> {
  const underWay = new Set<Promise<unknown>>()
  const watch = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work)
    const forget = () => void underWay.delete(work)
    work.then(forget, forget)
    return work
  }
  const transaction = store.transaction.bind(store)
  const prepare = store.prepare.bind(store)
  const tryLock = store.tryLock.bind(store)
  return {
    transaction: (work, within) => watch(transaction(work, within)),
    tryLock: (name) => watch(tryLock(name)),
    prepare(build) {
      const query = prepare(build)
      return {
        ...query,
        all: (tx, parameters) => watch(query.all(tx, parameters)),
        first: (tx, parameters) => watch(query.first(tx, parameters)),
      }
    },
    async settled() {
      await turns()
      while (underWay.size > 0) {
        await Promise.allSettled(underWay)
        await turns()
      }
    },
  }
}
