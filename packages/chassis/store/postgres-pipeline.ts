import { type Client, Query, type QueryConfig, type QueryResult } from 'pg'

export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
  /** Given to statements that are compiled once per connection. */
  readonly name?: string
}

export type Outcome = { readonly result: QueryResult } | { readonly error: unknown }

/**
 * Sends statements in one write and resolves to what became of each, in their order: one round trip. The server runs
 * them one after the other; in a transaction those behind one that failed fail as well. When there is no answer for
 * `patienceMs`, the connection is cut and whatever has no answer yet fails.
 */
export function sendTogether(client: Client, statements: readonly Statement[], patienceMs: number): Promise<Outcome[]> {
  return new Promise((resolve) => {
    const { stream } = client.connection
    const outcomes = new Array<Outcome>(statements.length)
    let open = statements.length
    const timer = setTimeout(() => stream.destroy(new Error('the server did not answer in time')), patienceMs)
    const settle = (index: number, outcome: Outcome) => {
      outcomes[index] = outcome
      open--
      if (open > 0) return
      clearTimeout(timer)
      resolve(outcomes)
    }
    stream.cork()
    statements.forEach((statement, index) => {
      const config = { ...statement } as QueryConfig
      client.query(new Query(config, (error, result) => settle(index, error ? { error } : { result })))
    })
    stream.uncork()
  })
}
