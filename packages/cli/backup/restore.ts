import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import { type Manifest, readManifest } from './manifest.ts'
import type { SqliteFile } from './sqlite-files.ts'

const besideDatabase = ['-wal', '-shm', '-journal']

/**
 * Puts the databases of a backup where the services look for theirs. What is there already is only replaced when told so,
 * and never under a process that has it open. Throws ConfigError.
 */
export async function restore(
  files: readonly SqliteFile[],
  folder: string,
  { replace }: { replace: boolean },
): Promise<Manifest> {
  const manifest = await readManifest(folder)
  const placed = manifest.files.map(({ service, file }) => ({ from: join(folder, file), to: pathOf(files, service) }))
  const present = files.filter(({ path }) => existsSync(path)).map(({ path }) => path)
  if (present.length > 0 && !replace) {
    throw new ConfigError([`${present.join(', ')} would be replaced: say --replace, or move the files away`])
  }
  const inUse = present.filter(isInUse)
  if (inUse.length > 0) throw new ConfigError([`${inUse.join(', ')} is in use: stop Parley first`])
  for (const { from, to } of placed) {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    await copyFile(from, `${to}.restored`)
    await flush(`${to}.restored`)
  }
  for (const path of present) {
    for (const ending of besideDatabase) await rm(`${path}${ending}`, { force: true })
    if (!placed.some(({ to }) => to === path)) await rm(path)
  }
  for (const { to } of placed) await rename(`${to}.restored`, to)
  for (const parent of new Set(placed.map(({ to }) => dirname(to)))) await flush(parent)
  return manifest
}

function pathOf(files: readonly SqliteFile[], service: string): string {
  const found = files.find((file) => file.service === service)
  if (found === undefined) throw new ConfigError([`the backup has data of ${service}, which is no service here`])
  return found.path
}

/** Whoever has a database in write-ahead mode open keeps others from using it alone. */
function isInUse(path: string): boolean {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = delete; begin exclusive')
    return false
  } catch {
    return true
  } finally {
    database.close()
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
