import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../values/errors.ts'
import { migratePostgres } from './migrate-postgres.ts'
import type { Migration } from './migrations.ts'
import { preparePostgresAccess } from './postgres-access.ts'
import { isPassing, toPostgresError } from './postgres-errors.ts'
import { PostgresStore } from './postgres-store.ts'
import type { Durability, OnCommit, Store } from './store.ts'
import type { StartUnitSpan } from './unit-spans.ts'

export interface OpenPostgresOptions {
  readonly url: string
  readonly currentUrl?: () => string
  readonly service: string
  readonly schema: string
  readonly migrations: readonly Migration[]
  readonly durability: Durability
  readonly connectionsMax: number
  readonly queueMax: number
  readonly defect: (error: unknown, message: string) => void
  readonly onCommit?: OnCommit
  readonly startSpan?: StartUnitSpan
}

const openAttemptsMax = 20
const openRetryMs = 500

/** Makes the schema and role, brings the tables up to date and opens the pool. Throws what tells the operator what to do. */
export async function openPostgresStore<Schema>(options: OpenPostgresOptions): Promise<Store<Schema>> {
  const { url, currentUrl = () => url, service, schema, migrations, durability } = options
  try {
    const prepared = await retrying(async () => {
      const made = await preparePostgresAccess({ url, service, schema, durability })
      await migratePostgres(made, service, migrations)
      return made
    })
    const access = {
      ...prepared,
      get url() {
        return currentUrl()
      },
    }
    return new PostgresStore<Schema>({ ...options, access })
  } catch (thrown) {
    const error = toPostgresError(thrown, service)
    // At start-up the reader is the operator, so the reason comes first.
    throw error instanceof AppError ? error.cause : error
  }
}

/** A server that starts together with Parley is waited for. What a broken connection left half done is begun again. */
async function retrying<T>(open: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open()
    } catch (error) {
      if (!isPassing(error) || attempt === openAttemptsMax) throw error
      await delay(openRetryMs)
    }
  }
}
