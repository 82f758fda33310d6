import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StoreEvidence } from './evidence.ts'
import { type ReadTable, readStores } from './read-stores.ts'

/** The stores of all services in one folder, opened read-only. */
export async function readSqliteStores(folder: string): Promise<StoreEvidence> {
  const open = new Map<string, DatabaseSync>()
  const readTable: ReadTable = async (service, table) => {
    const path = join(folder, `${service}.db`)
    if (!existsSync(path)) return []
    const database = open.get(service) ?? new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    open.set(service, database)
    const known = database.prepare('select 1 from sqlite_schema where name = ?').get(table)
    return known === undefined ? [] : database.prepare(`select * from "${table}"`).all()
  }
  try {
    return await readStores(readTable)
  } finally {
    for (const database of open.values()) database.close()
  }
}
