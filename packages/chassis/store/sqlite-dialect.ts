import { type Dialect, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { type Execute, ExecuteDriver } from './kysely-driver.ts'

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
