import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'

/** Runs one statement of the query builder. */
export type Execute = <Row>(query: CompiledQuery) => QueryResult<Row> | Promise<QueryResult<Row>>

/** Hands the statements of a query builder to `execute`; the connections and transactions are the store's own. */
export class ExecuteDriver implements Driver {
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
