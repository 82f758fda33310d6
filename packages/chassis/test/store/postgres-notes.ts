import { openStore } from '@parley/chassis/store/open-store.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import { createTestDatabase, type TestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import { Client } from 'pg'
import { type NoteSchema, noteMigrations } from './notes-store.ts'

const found = await findPostgres()

/** Why tests that need PostgreSQL do not run; false when they do. */
export const postgresMissing = 'missing' in found ? found.missing : false

/** Ends the connection that calls it, which the role of a service may not do by itself. */
export const dieFunction = `create function public.die() returns void language sql security definer as
  'select pg_terminate_backend(pg_backend_pid())'`

export type OpenNotes = (
  options?: Partial<Pick<Parameters<typeof openStore>[0], 'service' | 'url' | 'connectionsMax' | 'limits'>>,
) => Promise<Store<NoteSchema>>

/** A database for one test, with stores of it and an administrator's connection. All is gone when `work` is done. */
export async function withPostgres(
  work: (parts: { database: TestDatabase; open: OpenNotes; admin: Client }) => Promise<void>,
): Promise<void> {
  await using database = await createTestDatabase()
  await using stack = new AsyncDisposableStack()
  const admin = new Client({ connectionString: database.url })
  admin.on('error', () => {})
  await admin.connect()
  stack.defer(() => admin.end())
  const open: OpenNotes = async (options = {}) =>
    stack.use(
      await openStore<NoteSchema>({
        url: database.url,
        service: 'notes',
        migrations: noteMigrations,
        durability: 'process',
        ...options,
      }),
    )
  await work({ database, open, admin })
}
