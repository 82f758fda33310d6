import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, QueryResult } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { SqlitePrepared } from './sqlite-prepared.ts'
import type { Durability, SqlValue } from './store.ts'

const busyTimeoutMs = 5_000
const statementsMax = 500
const pageCacheKiB = 8_000
const none: readonly SqlValue[] = []

interface CachedStatement {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** Frames in the write-ahead log, and how many of them are in the database file already. */
export interface LogLength {
  readonly log: number
  readonly checkpointed: number
}

/** One connection to a SQLite file, with its statements compiled once. Throws what the driver throws. */
export class SqliteConnection {
  readonly #database: DatabaseSync
  readonly #statements = new LRUCache<string, CachedStatement>({ max: statementsMax })
  readonly #prepared = new Map<SqlitePrepared, StatementSync>()

  constructor(path: string, access: { readOnly: true } | { readOnly: false; durability: Durability }) {
    this.#database = new DatabaseSync(path, { readOnly: access.readOnly, timeout: busyTimeoutMs })
    this.#database.exec(`pragma cache_size = -${pageCacheKiB}; pragma temp_store = memory`)
    if (access.readOnly) return
    this.#database.exec('pragma journal_mode = wal')
    this.#database.exec(`pragma synchronous = ${access.durability === 'power' ? 'full' : 'normal'}`)
    // Checkpoints are made by the store itself: the automatic one would stall a commit and hide its errors.
    this.#database.exec('pragma wal_autocheckpoint = 0')
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction
  }

  all(sql: string, values: readonly SqlValue[]): unknown[] {
    return this.#compiled(sql).statement.all(...values)
  }

  first(sql: string, values: readonly SqlValue[]): unknown {
    return this.#compiled(sql).statement.get(...values)
  }

  /** The statement of a prepared query on this connection. */
  statementOf(query: SqlitePrepared): StatementSync {
    let statement = this.#prepared.get(query)
    if (statement === undefined) {
      statement = this.#database.prepare(query.text)
      this.#prepared.set(query, statement)
    }
    return statement
  }

  /** Returns the number of rows changed. */
  run(sql: string, values: readonly SqlValue[]): number {
    return Number(this.#compiled(sql).statement.run(...values).changes)
  }

  execute<Row>(query: CompiledQuery): QueryResult<Row> {
    const { statement, returnsRows } = this.#compiled(query.sql)
    const values = query.parameters as SQLInputValue[]
    if (returnsRows) {
      const rows: unknown[] = statement.all(...values)
      return { rows: rows as Row[] }
    }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  begin(): void {
    this.run('begin immediate', none)
  }

  commit(): void {
    this.run('commit', none)
  }

  rollback(): void {
    this.run('rollback', none)
  }

  logLength(): LogLength {
    return this.first('pragma wal_checkpoint(noop)', none) as LogLength
  }

  /** Copies the log into the database file as far as no reader needs it; the log then starts again from its beginning. */
  checkpoint(): LogLength {
    return this.first('pragma wal_checkpoint(passive)', none) as LogLength
  }

  close(): void {
    this.#statements.clear()
    this.#prepared.clear()
    this.#database.close()
  }

  #compiled(sql: string): CachedStatement {
    const cached = this.#statements.get(sql)
    if (cached !== undefined) return cached
    const statement = this.#database.prepare(sql)
    const compiled = { statement, returnsRows: statement.columns().length > 0 }
    this.#statements.set(sql, compiled)
    return compiled
  }
}
