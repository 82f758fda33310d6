import type { CompiledQuery, QueryResult } from 'kysely'
import type { Client } from 'pg'
import { type Migration, nextMigration } from './migrations.ts'
import { clientConfig, connectAlone, type PostgresAccess } from './postgres-client.ts'
import { createPostgresKysely } from './postgres-dialect.ts'
import { lockKey } from './postgres-lock-key.ts'

/**
 * Applies the missing migrations in order, each in a transaction that also records it: a process that is killed in the
 * middle leaves the previous state. An advisory lock is taken before the list is read, so processes that start at once
 * take turns. Throws NewerSchemaError.
 */
export async function migratePostgres(
  access: PostgresAccess,
  service: string,
  migrations: readonly Migration[],
): Promise<void> {
  const client = await connectAlone(clientConfig(access))
  try {
    // A large table may take its time, and so may another process that is at it.
    await client.query('set statement_timeout = 0; set lock_timeout = 0')
    while (!(await applyNext(client, access, service, migrations)));
  } finally {
    await client.end()
  }
}

/**
 * Gives text columns the order of their bytes, which is SQLite's: pages of a list are the same on both, and no update of
 * the server's locale can turn an index wrong.
 */
function inByteOrder(statement: string): string {
  return /^(create|alter) table/.test(statement) ? statement.replaceAll(/" text\b/g, '" text collate "C"') : statement
}

/** Resolves to true when there was nothing left to apply. */
async function applyNext(
  client: Client,
  { schema }: PostgresAccess,
  service: string,
  migrations: readonly Migration[],
): Promise<boolean> {
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1::bigint)', [lockKey(schema, 'migrations')])
    await client.query('create table if not exists _migrations (name text primary key, applied_at bigint not null)')
    const { rows } = await client.query<{ name: string }>('select name from _migrations order by name')
    const migration = nextMigration(
      service,
      migrations,
      rows.map((row) => row.name),
    )
    if (migration !== null) {
      await migration.up(createPostgresKysely(execute), 'postgres')
      await client.query(
        'insert into _migrations (name, applied_at) values ($1, extract(epoch from statement_timestamp()) * 1000)',
        [migration.name],
      )
    }
    await client.query('commit')
    return migration === null
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }

  async function execute<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows } = await client.query({ text: inByteOrder(query.sql), values: [...query.parameters] })
    return { rows: rows as Row[] }
  }
}
