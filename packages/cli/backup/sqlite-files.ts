import { join } from 'node:path'
import { services } from '@parley/all-in-one/services.ts'
import { ConfigError, type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { openConfigSource } from '@parley/chassis/runtime/open-config-source.ts'
import { readStoreUrls } from '@parley/chassis/runtime/process-config.ts'

export interface SqliteFile {
  readonly service: string
  /** Of the database. */
  readonly path: string
}

/** The SQLite files of the services with the present configuration. Throws ConfigError when some keep their data elsewhere. */
export async function sqliteFiles(env: Env, folder: string): Promise<SqliteFile[]> {
  const { file, fileName } = await openConfigSource(env, folder).load()
  const reader = new EnvReader(env, file, { fileName })
  const urls = Object.entries(readStoreUrls(reader, services))
  reader.throwIfProblems()
  const elsewhere = urls.filter(([, url]) => !url.startsWith('sqlite:')).map(([service]) => service)
  if (elsewhere.length > 0) {
    throw new ConfigError([
      `${elsewhere.join(', ')} keep their data in PostgreSQL, which has tools of its own: see docs/guides/back-up-and-restore.md`,
    ])
  }
  return urls.map(([service, url]) => ({
    service,
    path: join(url.slice('sqlite:'.length).replace(/^\/\//, ''), `${service}.db`),
  }))
}
