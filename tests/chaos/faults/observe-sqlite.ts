import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CreateObserver, StatementObserver } from './statement-observer.ts'
import { wrapPrepare, wrapStatements } from './wrap-sqlite.ts'

/** Wraps the driver of this process, so that an observer hears of every statement of every connection. */
export function observeSqlite(createObserver: CreateObserver): void {
  const ofStatement = new WeakMap<StatementSync, StatementObserver>()
  const ofDatabase = new WeakMap<DatabaseSync, StatementObserver>()
  const unchanged = (sql: string) => sql
  wrapPrepare(unchanged, (statement, database) => {
    const observer = ofDatabase.get(database) ?? createObserver()
    ofDatabase.set(database, observer)
    ofStatement.set(statement, observer)
  })
  for (const method of ['run', 'get', 'all'] as const) {
    wrapStatements(method, (statement, values, call) => {
      const observer = ofStatement.get(statement)
      const sql = statement.sourceSQL
      if (observer === undefined) return call()
      if (sql !== 'commit') {
        observer.statement(sql, values)
        return call()
      }
      observer.beforeCommit()
      const result = call()
      observer.afterCommit()
      return result
    })
  }
}
