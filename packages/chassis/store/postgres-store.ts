import { type Compilable, type CompiledQuery, type Kysely, type QueryResult, SelectQueryNode, sql } from 'kysely'
import type { QueryResult as DriverResult } from 'pg'
import type { TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { Transaction } from '../values/transaction.ts'
import { wantDeadlines } from './deadline-scope.ts'
import type { PostgresAccess } from './postgres-client.ts'
import { createPostgresKysely } from './postgres-dialect.ts'
import { isPassing, isReadOnlyViolation, toPostgresError } from './postgres-errors.ts'
import { tryPostgresLock } from './postgres-lock.ts'
import type { Statement } from './postgres-pipeline.ts'
import { PostgresPool, type PostgresPoolOptions } from './postgres-pool.ts'
import { PostgresReachability } from './postgres-reachability.ts'
import { PostgresUnit } from './postgres-unit.ts'
import { createBinder, parameterRefs } from './prepared-parameters.ts'
import type { OnCommit, ParameterRefs, PreparedQuery, SqlValue, Store, StoreActivity, StoreLock } from './store.ts'
import { storeUnavailable } from './store-errors.ts'
import { isInsideTransaction, runInTransactionScope } from './transaction-scope.ts'
import { endingWith, type StartUnitSpan } from './unit-spans.ts'

export interface PostgresStoreOptions extends Omit<PostgresPoolOptions, 'access'> {
  readonly access: PostgresAccess
  readonly defect: (error: unknown, message: string) => void
  readonly onCommit?: OnCommit
  /** Absent when nothing is traced. */
  readonly startSpan?: StartUnitSpan
}

/** A server that takes longer for nothing is of no use. */
const reachTimeoutMs = 1_000

/** Names of prepared statements are known to a connection, which belongs to one store. */
let statementCount = 0

/** A store in one schema of a PostgreSQL database. Units of work are transactions of their own at `read committed`. */
export class PostgresStore<Schema> implements Store<Schema> {
  readonly dialect = 'postgres'
  readonly read: Kysely<Schema>
  // Stable within a statement, unlike clock_timestamp(), so that an index can be searched by it.
  readonly nowMs = sql<number>`cast(extract(epoch from statement_timestamp()) * 1000 as bigint)`
  readonly #options: PostgresStoreOptions
  readonly #pool: PostgresPool
  readonly #reachability: PostgresReachability
  readonly #builders = new WeakMap<PostgresUnit, Kysely<Schema>>()
  #isClosed = false

  constructor(options: PostgresStoreOptions) {
    this.#options = options
    this.#pool = new PostgresPool(options)
    this.#reachability = new PostgresReachability({
      ask: () => this.#askServer(),
      nowMs: () => performance.now(),
    })
    this.read = createPostgresKysely((query) => this.#executeRead(query))
    wantDeadlines()
  }

  get roundTrips(): number {
    return this.#pool.roundTrips
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>, within?: TracePlace): Promise<T> {
    const { startSpan } = this.#options
    const span = startSpan === undefined || within === undefined ? null : startSpan(within)
    return span === null ? this.#run(work) : endingWith(span, this.#run(work))
  }

  async #run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (isInsideTransaction()) {
      throw new Error('a transaction was begun inside another one: units of work do not nest')
    }
    this.#assertUsable()
    const { service, defect } = this.#options
    const unit = new PostgresUnit(service, this.#pool, (error) => defect(error, 'an action after a commit threw'))
    let value: T
    try {
      value = await runInTransactionScope(unit, work)
    } catch (error) {
      await unit.rollBack()
      throw error
    }
    const startedMs = performance.now()
    await unit.commit()
    this.#options.onCommit?.(1, (performance.now() - startedMs) / 1_000)
    return value
  }

  within(tx: Transaction): Kysely<Schema> {
    const unit = this.#openUnit(tx)
    const existing = this.#builders.get(unit)
    if (existing !== undefined) return existing
    const builder = createPostgresKysely<Schema>(async <Row>(query: CompiledQuery) =>
      toKysely<Row>(await unit.execute({ text: query.sql, values: query.parameters })),
    )
    this.#builders.set(unit, builder)
    return builder
  }

  prepare<Row, Parameters extends Record<string, SqlValue> = Record<string, never>>(
    build: (db: Kysely<Schema>, parameters: ParameterRefs<Parameters>) => Compilable<Row>,
  ): PreparedQuery<Row, Parameters> {
    const query = build(this.read, parameterRefs<Parameters>()).compile()
    const bind = createBinder(query)
    const name = `p${++statementCount}`
    const { sql: text } = query
    const isSelect = SelectQueryNode.is(query.query)
    const perform = (tx: Transaction | null, parameters: Parameters): Promise<DriverResult> => {
      const statement = { name, text, values: bind(parameters) }
      return tx === null ? this.#read(statement, isSelect) : this.#openUnit(tx).execute(statement)
    }
    const required = {
      name: `${name}_required`,
      text: `with changed as (${text} returning 1) select 1 / count(*) from changed`,
    }
    return {
      all: async (tx, parameters) => (await perform(tx, parameters)).rows,
      first: async (tx, parameters) => (await perform(tx, parameters)).rows[0],
      run: async (tx, parameters) => (await perform(tx, parameters)).rowCount ?? 0,
      write: async (tx, parameters) => this.#openUnit(tx).defer({ name, text, values: bind(parameters) }),
      require: async (tx, parameters, refusal) =>
        this.#openUnit(tx).defer({ ...required, values: bind(parameters) }, refusal),
    }
  }

  async tryLock(name: string): Promise<StoreLock | null> {
    const { access, service } = this.#options
    const ask = () => tryPostgresLock(access, name)
    try {
      // It was not had when its connection broke, so it can be asked for again.
      return await ask().catch((error: unknown) => (isPassing(error) ? ask() : Promise.reject(error)))
    } catch (error) {
      throw toPostgresError(error, service)
    }
  }

  activity(): StoreActivity {
    return { kind: 'pool', ...this.#pool.activity, max: this.#options.connectionsMax }
  }

  /** The pool replaces connections by itself, so there is nothing that it could not come back from. */
  failure(): string | null {
    return this.#isClosed ? null : this.#reachability.reason()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.close()
  }

  async #executeRead<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = { text: query.sql, values: query.parameters }
    return toKysely<Row>(await this.#read(statement, SelectQueryNode.is(query.query)))
  }

  /** Whatever is not plainly a select runs where the server refuses to write. */
  async #read(statement: Statement, isSelect: boolean): Promise<DriverResult> {
    this.#assertUsable()
    const statements = isSelect ? [statement] : [{ text: 'begin read only' }, statement, { text: 'rollback' }]
    const outcome = (await this.#pool.query(statements))[isSelect ? 0 : 1]
    if (outcome === undefined) throw new Error('a statement has no outcome')
    if ('result' in outcome) return outcome.result
    if (!isSelect && isReadOnlyViolation(outcome.error)) {
      throw new Error('a statement that writes needs a transaction', { cause: outcome.error })
    }
    throw toPostgresError(outcome.error, this.#options.service)
  }

  async #askServer(): Promise<void> {
    const [outcome] = await this.#pool.query([{ text: 'select 1' }], reachTimeoutMs)
    if (outcome !== undefined && 'error' in outcome) throw toPostgresError(outcome.error, this.#options.service)
  }

  #openUnit(tx: Transaction): PostgresUnit {
    if (!(tx instanceof PostgresUnit && tx.isOf(this.#pool))) throw new Error('the transaction is of another store')
    tx.assertOpen()
    return tx
  }

  #assertUsable(): void {
    if (this.#isClosed) throw storeUnavailable(this.#options.service, 'it was closed')
  }
}

function toKysely<Row>({ command, rowCount, rows }: DriverResult): QueryResult<Row> {
  const isChange = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
  return { rows, ...(isChange && { numAffectedRows: BigInt(rowCount ?? 0) }) }
}
