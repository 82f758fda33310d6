import { after } from 'node:test'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'
import type { Variant } from '../conformance/run-journeys.ts'

/** A system whose services, all or those named by `variable`, keep their data in a PostgreSQL database of its own. */
export async function postgresVariant(variable = 'DATABASE_URL'): Promise<Variant> {
  const name = `${variable} on PostgreSQL`
  const found = await findPostgres()
  if ('missing' in found) return { name, env: {}, skip: found.missing }
  const database = await createTestDatabase()
  // Registered before the suites, whose systems end earlier: a database is dropped when nothing uses it.
  after(() => database[Symbol.asyncDispose]())
  return { name, env: { [variable]: database.url }, skip: false }
}
