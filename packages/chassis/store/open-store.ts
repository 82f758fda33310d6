import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Tracer } from '../telemetry/tracing/tracer.ts'
import { AppError } from '../values/errors.ts'
import type { GroupCommitLimits } from './group-commit.ts'
import { migrateSqlite } from './migrate-sqlite.ts'
import type { Migration } from './migrations.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { Durability, OnCommit, Store } from './store.ts'
import { isBusy, StoreRefusedError, toStoreError } from './store-errors.ts'
import { unitSpans } from './unit-spans.ts'

export interface OpenStoreOptions {
  /**
   * `sqlite:<folder>`: one file per service in that folder, which is made when it is not there.
   * `postgres://<user>@<host>/<database>`: one schema per service in that database.
   */
  readonly url: string
  /** The same place with the password of the moment, for connections made later; `url` when absent. */
  readonly currentUrl?: () => string
  readonly service: string
  readonly migrations: readonly Migration[]
  readonly durability: Durability
  readonly limits?: Partial<GroupCommitLimits>
  /** Connections to a server that the store may have open. */
  readonly connectionsMax?: number
  /** The PostgreSQL schema, which is named after the service when nothing is said. */
  readonly schema?: string
  readonly log?: Pick<Logger, 'error'>
  readonly onCommit?: OnCommit
  /** Makes a span of each unit of work of a trace that is recorded; nothing is traced without it. */
  readonly tracer?: Pick<Tracer, 'start'>
}

const defaultLimits = { queueMax: 10_000, unitMs: 5_000 }
/**
 * A batch runs within one turn of the event loop, and streams wait for it: some tens of microseconds per unit. Larger ones
 * only pay where a commit waits for the disk.
 */
const batchMaxDefaults: Readonly<Record<Durability, number>> = { process: 32, power: 256 }
/** The first version without a defect that could damage a file while its log starts again. */
const sqliteVersionMin = [3, 51, 3] as const
export const defaultConnectionsMax = 10
const openAttemptsMax = 50
const openRetryMs = 100

/**
 * Opens a service's database and brings its schema up to date. Rejects with words for the operator when the URL is not
 * understood, the folder cannot be used, or the schema is newer than the program.
 */
export async function openStore<Schema>(options: OpenStoreOptions): Promise<Store<Schema>> {
  const { service, log, tracer } = options
  const limits = { ...defaultLimits, ...options.limits }
  const defect = (err: unknown, message: string) => {
    if (log === undefined) process.emitWarning(`${message} (service ${service}): ${String(err)}`)
    else log.error({ err, service }, message)
  }
  if (isPostgresUrl(options.url)) {
    const { schema = service, connectionsMax = defaultConnectionsMax } = options
    // A process without PostgreSQL does not pay for loading its driver.
    const { openPostgresStore } = await import('./open-postgres-store.ts')
    const traced = tracer === undefined ? {} : { startSpan: unitSpans(tracer, 'postgres', service) }
    return openPostgresStore({ ...options, ...traced, schema, connectionsMax, queueMax: limits.queueMax, defect })
  }
  const path = await sqlitePath(options.url, service)
  try {
    const writer = await openMigrated(path, options)
    const { [options.durability]: batchMax } = batchMaxDefaults
    const { onCommit } = options
    return new SqliteStore<Schema>(writer, {
      path,
      service,
      limits: { batchMax, ...limits },
      defect,
      ...(onCommit !== undefined && { onCommit }),
      ...(tracer !== undefined && { startSpan: unitSpans(tracer, 'sqlite', service) }),
    })
  } catch (cause) {
    const error = toStoreError(cause, service)
    // At start-up the reader is the operator, so the reason comes first.
    throw error instanceof AppError ? error.cause : error
  }
}

/** Whether a database URL means PostgreSQL. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url)
}

async function openMigrated(
  path: string,
  { service, durability, migrations }: OpenStoreOptions,
): Promise<SqliteConnection> {
  const writer = await openWriter(path, durability)
  try {
    await migrateSqlite(writer, service, migrations)
    return writer
  } catch (error) {
    writer.close()
    throw error
  }
}

async function sqlitePath(url: string, service: string): Promise<string> {
  if (!url.startsWith('sqlite:') || url === 'sqlite:') {
    throw new StoreRefusedError(`the database URL of service ${service} must be sqlite:<folder> or postgres://…`)
  }
  assertSqliteVersion(process.versions.sqlite ?? '0.0.0')
  const folder = url.slice('sqlite:'.length).replace(/^\/\//, '')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new StoreRefusedError(`the folder ${folder} for the database of service ${service} cannot be made`, { cause })
  }
  return join(folder, `${service}.db`)
}

export function assertSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number)
  for (const [index, min] of sqliteVersionMin.entries()) {
    const part = parts[index] ?? 0
    if (part > min) return
    if (part < min) {
      throw new StoreRefusedError(
        `SQLite ${version} can damage its files; ${sqliteVersionMin.join('.')} or newer is needed: update Node`,
      )
    }
  }
}

/** Changing a new file to write-ahead logging does not wait for a process that does the same, so it is tried again. */
async function openWriter(path: string, durability: Durability): Promise<SqliteConnection> {
  for (let attempt = 1; ; attempt++) {
    try {
      return new SqliteConnection(path, { readOnly: false, durability })
    } catch (error) {
      if (!isBusy(error) || attempt === openAttemptsMax) throw error
      await delay(openRetryMs)
    }
  }
}
