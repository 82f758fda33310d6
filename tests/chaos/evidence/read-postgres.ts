import { Client, escapeIdentifier, types } from 'pg'
import type { StoreEvidence } from './evidence.ts'
import { type ReadTable, readStores } from './read-stores.ts'

const int8 = 20

/** The schemas of all services in one database. */
export async function readPostgresStores(url: string): Promise<StoreEvidence> {
  const client = new Client({ connectionString: url, types: { getTypeParser } })
  await client.connect()
  const readTable: ReadTable = async (service, table) => {
    const known = await client.query(
      'select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2',
      [service, table],
    )
    if (known.rowCount === 0) return []
    return (await client.query(`select * from ${escapeIdentifier(service)}.${escapeIdentifier(table)}`)).rows
  }
  try {
    return await readStores(readTable)
  } finally {
    await client.end()
  }
}

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser
