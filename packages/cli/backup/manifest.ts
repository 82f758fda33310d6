import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import { firstProblem } from '@parley/chassis/contract/validation.ts'
import { type Static, Type } from 'typebox'

/** What a backup holds; it is written last, so a folder without it is no whole backup. */
export const manifestName = 'backup.json'

const Manifest = Type.Object({
  format: Type.Literal('parley-sqlite-1'),
  /** When the state was that of the copies. */
  takenAt: Type.String(),
  files: Type.Array(
    Type.Object({
      service: Type.String({ pattern: '^[a-z][a-z0-9-]*$' }),
      file: Type.String({ pattern: '^[a-z][a-z0-9-]*\\.db$' }),
      bytes: Type.Integer(),
      sha256: Type.String(),
    }),
  ),
})

export type Manifest = Static<typeof Manifest>

/** Throws ConfigError for a folder that is no whole backup, or whose files are not those that were written. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => null)
  if (text === null) throw new ConfigError([`${folder} has no ${manifestName}: it is not a whole backup`])
  const manifest: unknown = JSON.parse(text)
  const problem = firstProblem(Manifest, manifest)
  if (problem !== null) throw new ConfigError([`${manifestName}: ${problem.path} ${problem.message}`])
  const { files } = manifest as Manifest
  for (const { file, sha256 } of files) {
    const actual = await hashOf(join(folder, file)).catch(() => null)
    if (actual === null) throw new ConfigError([`${file} of the backup is missing`])
    if (actual !== sha256) throw new ConfigError([`${file} of the backup is not as it was written: use another backup`])
  }
  return manifest as Manifest
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
