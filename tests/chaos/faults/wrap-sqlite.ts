import { DatabaseSync, StatementSync } from 'node:sqlite'

export type Method = 'run' | 'get' | 'all'

/** What stands in for a method of a statement; `call` does what the driver does. */
export type Wrapped = (statement: StatementSync, values: unknown[], call: () => unknown) => unknown

/** Puts `wrapped` in place of a method of every statement of this process. */
export function wrapStatements(method: Method, wrapped: Wrapped): void {
  const original = StatementSync.prototype[method] as (...values: unknown[]) => unknown
  Object.defineProperty(StatementSync.prototype, method, {
    configurable: true,
    writable: true,
    value(this: StatementSync, ...values: unknown[]) {
      return wrapped(this, values, () => original.apply(this, values))
    },
  })
}

/** Is told of every statement that is prepared, and may have another one prepared in its place. */
export function wrapPrepare(
  change: (sql: string) => string,
  prepared: (statement: StatementSync, database: DatabaseSync) => void,
): void {
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql, ...rest) {
    const statement = prepare.call(this, change(sql), ...rest)
    prepared(statement, this)
    return statement
  }
}
