import { type Migration, nextMigration } from './migrations.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { createSqliteKysely } from './sqlite-dialect.ts'

/**
 * Applies the missing migrations in order, each in a transaction that also records it: a process that is killed in the
 * middle leaves the previous state. The write lock is taken before the list is read, so processes that start at once
 * take turns. Throws NewerSchemaError.
 */
export async function migrateSqlite(
  connection: SqliteConnection,
  service: string,
  migrations: readonly Migration[],
): Promise<void> {
  const db = createSqliteKysely<unknown>((query) => connection.execute(query))
  for (let isDone = false; !isDone; ) {
    connection.begin()
    try {
      connection.run('create table if not exists _migrations (name text primary key, applied_at integer not null)', [])
      const rows = connection.all('select name from _migrations order by name', []) as { name: string }[]
      const migration = nextMigration(
        service,
        migrations,
        rows.map((row) => row.name),
      )
      if (migration !== null) {
        await migration.up(db, 'sqlite')
        connection.run('insert into _migrations (name, applied_at) values (?, unixepoch() * 1000)', [migration.name])
      }
      connection.commit()
      isDone = migration === null
    } catch (error) {
      if (connection.isInTransaction) connection.rollback()
      throw error
    }
  }
}
