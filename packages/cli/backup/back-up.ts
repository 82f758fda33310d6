import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import { copySqliteTogether } from '@parley/chassis/store/copy-sqlite.ts'
import { hashOf, type Manifest, manifestName } from './manifest.ts'
import type { SqliteFile } from './sqlite-files.ts'

const ownerOnly = 0o600

/**
 * Copies the databases of a Parley that may be running into an empty folder, all as they were at one moment. Throws
 * ConfigError and StoreRefusedError.
 */
export async function backUp(files: readonly SqliteFile[], folder: string): Promise<Manifest> {
  const there = files.filter(({ path }) => existsSync(path))
  if (there.length === 0) throw new ConfigError([`there is no database: ${files.map(({ path }) => path).join(', ')}`])
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new ConfigError([`${folder} is not empty: name a new folder`])
  const copies = there.map(({ service, path }) => ({ service, from: path, to: join(folder, basename(path)) }))
  const takenAt = new Date().toISOString()
  await copySqliteTogether(copies)
  const written: Manifest['files'] = []
  for (const { service, to } of copies) {
    await chmod(to, ownerOnly)
    written.push({ service, file: basename(to), bytes: (await stat(to)).size, sha256: await hashOf(to) })
  }
  const manifest: Manifest = { format: 'parley-sqlite-1', takenAt, files: written }
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: ownerOnly })
  return manifest
}
