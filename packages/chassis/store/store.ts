import type { Compilable, Kysely, RawBuilder } from 'kysely'
import type { Transaction, Transactor } from '../values/transaction.ts'

/**
 * One service's database. Reads outside a transaction see committed state only. `transaction` resolves after the commit
 * is durable in the configured sense; concurrent units may share one commit, yet each is all or nothing by itself.
 */
export interface Store<Schema> extends Transactor, AsyncDisposable {
  readonly dialect: StoreDialect
  /** Committed state, for queries that are built as they run. */
  readonly read: Kysely<Schema>
  /** The same query builder inside a transaction; unusable once it is over. */
  within(tx: Transaction): Kysely<Schema>
  /**
   * A query that is compiled once and then only bound: for paths where building SQL would cost more than running it.
   * `parameters.name` stands for the value that `run`, `all` or `first` is given under that name.
   */
  prepare<Row, Parameters extends Record<string, SqlValue> = Record<string, never>>(
    build: (db: Kysely<Schema>, parameters: ParameterRefs<Parameters>) => Compilable<Row>,
  ): PreparedQuery<Row, Parameters>
  /**
   * A lock across processes that share the database; null when somebody else holds it. It is held until it is released
   * or the process ends, however it ends. Throws STORE_UNAVAILABLE.
   */
  tryLock(name: string): Promise<StoreLock | null>
  /**
   * Why the store cannot be used, in words for the operator; null while it can. A store of a server tells what was last
   * seen, a few seconds ago; one of a file has stopped for good.
   */
  failure(): string | null
  /** Epoch milliseconds by the database's clock, for decisions that several processes must agree on. */
  readonly nowMs: RawBuilder<number>
  /** How often the store has waited for a server since it was opened; always 0 where there is none. */
  readonly roundTrips: number
  /** What keeps it busy now. */
  activity(): StoreActivity
}

/** Units of work and reads that wait, and what they wait for: connections of a pool, or one writer's turn. */
export type StoreActivity =
  | {
      readonly kind: 'pool'
      readonly used: number
      readonly idle: number
      readonly waiting: number
      readonly max: number
    }
  | { readonly kind: 'writer'; readonly waiting: number; readonly path: string }

/** Told of each commit: how many units of work it held and how long it took, from its beginning to its durability. */
export type OnCommit = (units: number, seconds: number) => void

export interface StoreLock {
  /** Resolves when the lock was lost without being released: somebody else may have it. Never does on SQLite. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

export type StoreDialect = 'sqlite' | 'postgres'
export type SqlValue = string | number | null | Uint8Array

/** Each parameter as a value of its own type to the query builder, though it is only a placeholder. */
export type ParameterRefs<Parameters> = { readonly [Name in keyof Parameters]: Parameters[Name] }

/** `tx: null` reads committed state; writing needs a transaction. */
export interface PreparedQuery<Row, Parameters = Record<string, never>> {
  all(tx: Transaction | null, parameters: Parameters): Promise<Row[]>
  first(tx: Transaction | null, parameters: Parameters): Promise<Row | undefined>
  /** Resolves to the number of rows changed. */
  run(tx: Transaction, parameters: Parameters): Promise<number>
  /**
   * A change whose effect nothing in the unit waits for. A server may get it with a later statement or with the commit, so
   * what it throws may come from there; later statements of the unit see it.
   */
  write(tx: Transaction, parameters: Parameters): Promise<void>
  /**
   * Like `write`, for an insert, update or delete without `returning` that must change at least one row: else the unit
   * fails with `refusal()`, now or at its commit, and nothing of it is kept.
   */
  require(tx: Transaction, parameters: Parameters, refusal: () => unknown): Promise<void>
}

/** What a commit survives: the death of the process, or the loss of power as well. */
export type Durability = 'process' | 'power'
