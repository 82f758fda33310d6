import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** Runs one statement of the query builder. */
export type Execute = <Row>(query: CompiledQuery) => QueryResult<Row>

/**
 * A query builder whose statements go to `execute`. Kysely's own SQLite dialect is made for another driver; its compiler
 * and introspector are used, its connections and transactions are not.
 */
export function createSqliteKysely<Schema>(
  execute: Execute,
  createQueryCompiler: () => SqliteQueryCompiler = () => new SqliteQueryCompiler(),
): Kysely<Schema> {
  const dialect: Dialect = {
    createDriver: () => new ExecuteDriver(execute),
    createQueryCompiler,
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
  return new Kysely<Schema>({ dialect })
}

class ExecuteDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(execute: Execute) {
    this.#connection = {
      executeQuery: async <Row>(query: CompiledQuery) => execute<Row>(query),
      streamQuery: () => {
        throw new Error('streaming a query would hold the database open; read in pages')
      },
    }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  beginTransaction(): Promise<void> {
    return refuseTransaction()
  }

  commitTransaction(): Promise<void> {
    return refuseTransaction()
  }

  rollbackTransaction(): Promise<void> {
    return refuseTransaction()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

async function refuseTransaction(): Promise<void> {
  throw new Error("a transaction is begun with the store's own transaction()")
}
