import { type Dialect, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { type Execute, ExecuteDriver } from './kysely-driver.ts'

/** A query builder whose statements go to `execute`: Kysely's PostgreSQL dialect without its connections, which wait for every statement. */
export function createPostgresKysely<Schema>(execute: Execute): Kysely<Schema> {
  const dialect: Dialect = {
    createDriver: () => new ExecuteDriver(execute),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
  return new Kysely<Schema>({ dialect })
}
