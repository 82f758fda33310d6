import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { findPostgres } from './services.ts'

/** A database of its own on the PostgreSQL for tests; dropping it ends whatever is connected to it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

/** Throws the reason when there is no PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const found = await findPostgres()
  if ('missing' in found) throw new Error(found.missing)
  const name = `parley_test_${randomBytes(6).toString('hex')}`
  await runAs(found.url, `create database ${name}`)
  const url = new URL(found.url)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => runAs(found.url, `drop database if exists ${name} with (force)`),
  }
}

async function runAs(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
