import { type Compilable, type CompiledQuery, type Kysely, type QueryResult, SelectQueryNode, sql } from 'kysely'
import type { TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { Transaction } from '../values/transaction.ts'
import { Checkpointer } from './checkpointer.ts'
import { GroupCommit, type GroupCommitLimits } from './group-commit.ts'
import { parameterRefs } from './prepared-parameters.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { createSqliteKysely } from './sqlite-dialect.ts'
import { trySqliteLock } from './sqlite-lock.ts'
import { PreparedQueryCompiler, toSqlitePrepared } from './sqlite-prepared.ts'
import { SqliteUnit } from './sqlite-unit.ts'
import type { OnCommit, ParameterRefs, PreparedQuery, SqlValue, Store, StoreActivity, StoreLock } from './store.ts'
import { isReadOnlyViolation, storeUnavailable, toStoreError } from './store-errors.ts'
import { endingWith, type StartUnitSpan } from './unit-spans.ts'

export interface SqliteStoreOptions {
  readonly path: string
  readonly service: string
  readonly limits: GroupCommitLimits
  readonly defect: (error: unknown, message: string) => void
  readonly onCommit?: OnCommit
  /** Absent when nothing is traced. */
  readonly startSpan?: StartUnitSpan
}

/**
 * A store in one SQLite file. One connection writes, in group commits; while it is inside a transaction, reads of
 * committed state go to a second one. Between transactions reads use the first as well: its page cache stays warm, while
 * the second has to drop its own after every commit (17 µs for a read by key).
 */
export class SqliteStore<Schema> implements Store<Schema> {
  readonly dialect = 'sqlite'
  readonly read: Kysely<Schema>
  readonly roundTrips = 0
  readonly nowMs = sql<number>`cast(round(unixepoch('now', 'subsec') * 1000) as integer)`
  readonly #options: SqliteStoreOptions
  readonly #writer: SqliteConnection
  readonly #reader: SqliteConnection
  readonly #commits: GroupCommit
  readonly #checkpointer: Checkpointer
  /** Only compiles: what it builds is run by prepared queries. */
  readonly #preparing = createSqliteKysely<Schema>(refuseToRun, () => new PreparedQueryCompiler())
  readonly #builders = new WeakMap<SqliteUnit, Kysely<Schema>>()
  #isClosed = false

  /** Takes over `writer`. */
  constructor(writer: SqliteConnection, options: SqliteStoreOptions) {
    const { path, service, limits, defect, onCommit } = options
    this.#options = options
    this.#writer = writer
    this.#reader = new SqliteConnection(path, { readOnly: true })
    this.#checkpointer = new Checkpointer(writer, {
      path,
      hold: () => this.#commits.hold(),
      failed: (error) => this.#commits.fail(storeUnavailable(service, 'a checkpoint could not be made durable', error)),
    })
    this.#commits = new GroupCommit(writer, {
      service,
      limits,
      defect,
      committed: () => this.#checkpointer.committed(),
      ...(onCommit !== undefined && { onCommit }),
    })
    this.read = createSqliteKysely((query) => this.#executeRead(query))
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>, within?: TracePlace): Promise<T> {
    const { startSpan } = this.#options
    const span = startSpan === undefined || within === undefined ? null : startSpan(within)
    return span === null ? this.#commits.run(work) : endingWith(span, this.#commits.run(work))
  }

  within(tx: Transaction): Kysely<Schema> {
    const unit = this.#openUnit(tx)
    const existing = this.#builders.get(unit)
    if (existing !== undefined) return existing
    const builder = createSqliteKysely<Schema>((query) =>
      this.#inUnit(unit, SelectQueryNode.is(query.query), (writer) => writer.execute(query)),
    )
    this.#builders.set(unit, builder)
    return builder
  }

  prepare<Row, Parameters extends Record<string, SqlValue> = Record<string, never>>(
    build: (db: Kysely<Schema>, parameters: ParameterRefs<Parameters>) => Compilable<Row>,
  ): PreparedQuery<Row, Parameters> {
    const query = toSqlitePrepared(build(this.#preparing, parameterRefs<Parameters>()).compile())
    type Use<T> = (connection: SqliteConnection) => T
    const perform = <T>(tx: Transaction | null, use: Use<T>): Promise<T> => {
      try {
        if (tx === null) return Promise.resolve(this.#readWith(query.isSelect, use))
        return Promise.resolve(this.#inUnit(this.#openUnit(tx), query.isSelect, use))
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return {
      all: (tx, values) => perform(tx, (connection) => query.all(connection.statementOf(query), values) as Row[]),
      first: (tx, values) =>
        perform(tx, (connection) => query.first(connection.statementOf(query), values) as Row | undefined),
      run: (tx, values) => perform(tx, (connection) => query.run(connection.statementOf(query), values)),
      async require(tx, values, refusal) {
        const changed = await perform(tx, (connection) => query.run(connection.statementOf(query), values))
        if (changed === 0) throw refusal()
      },
      write: (tx, values) => perform(tx, (connection) => void query.run(connection.statementOf(query), values)),
    }
  }

  async tryLock(name: string): Promise<StoreLock | null> {
    try {
      return trySqliteLock(`${this.#options.path}.${name}.lock`)
    } catch (error) {
      throw toStoreError(error, this.#options.service)
    }
  }

  activity(): StoreActivity {
    return { kind: 'writer', waiting: this.#commits.waiting, path: this.#options.path }
  }

  failure(): string | null {
    const failure = this.#commits.failure
    return failure === null ? null : String(failure.cause instanceof Error ? failure.cause.message : failure.message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#commits.close()
    await this.#checkpointer.close()
    // After a failed sync the file is left as it is: closing it would move its log, which is to try again in place.
    if (this.#commits.failure !== null) return
    this.#reader.close()
    this.#writer.close()
  }

  #openUnit(tx: Transaction): SqliteUnit {
    if (!(tx instanceof SqliteUnit)) throw new Error('the transaction is of another store')
    this.#commits.assertOpen(tx)
    return tx
  }

  #inUnit<T>(unit: SqliteUnit, isSelect: boolean, use: (connection: SqliteConnection) => T): T {
    this.#commits.assertOpen(unit)
    try {
      const result = use(this.#writer)
      if (!isSelect) this.#commits.wrote(use)
      return result
    } catch (cause) {
      const error = toStoreError(cause, this.#options.service)
      this.#commits.statementFailed(error)
      throw error
    }
  }

  #executeRead<Row>(query: CompiledQuery): QueryResult<Row> {
    return this.#readWith(SelectQueryNode.is(query.query), (connection) => connection.execute<Row>(query))
  }

  /** Only the reader refuses to write, so whatever is not plainly a select goes there. */
  #readWith<T>(isSelect: boolean, use: (connection: SqliteConnection) => T): T {
    if (this.#isClosed) throw storeUnavailable(this.#options.service, 'it was closed')
    try {
      return use(isSelect && !this.#writer.isInTransaction ? this.#writer : this.#reader)
    } catch (cause) {
      if (isReadOnlyViolation(cause)) throw new Error('a statement that writes needs a transaction', { cause })
      throw toStoreError(cause, this.#options.service)
    }
  }
}

function refuseToRun(): never {
  throw new Error('a query under preparation cannot be run')
}
