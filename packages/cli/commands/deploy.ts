import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeSecrets } from '../deploy/compose/make-secrets.ts'
import { ownedPlaces, type Platform, renderDeployments } from '../deploy/deployments.ts'
import { compareFiles, writeFiles } from '../deploy/files.ts'
import { describeSystem } from '../deploy/system.ts'
import { readVersion } from '../deploy/version.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface DeployOptions {
  readonly topology?: string
  readonly check: boolean
  readonly out?: string
}

export interface Deployed {
  /** False when files and definitions disagree. */
  readonly isFine: boolean
  readonly text: string
}

/** Writes the files of a platform, or with `check` compares them with what is there. */
export async function deploy(platform: Platform, { topology, check, out }: DeployOptions): Promise<Deployed> {
  const folder = out ?? path.join(root, 'deploy', platform)
  const files = renderDeployments({ platform, topology: topology ?? null, version: readVersion(root) })
  if (!check) {
    const isKept = out === undefined && topology === undefined
    await writeFiles(folder, files, isKept ? ownedPlaces[platform] : [])
    return { isFine: true, text: `${Object.keys(files).length} files below ${folder}` }
  }
  const differences = await compareFiles(folder, files, topology === undefined ? ownedPlaces[platform] : [])
  if (differences.length === 0) return { isFine: true, text: `${folder} is what the definitions say` }
  const how = `write them anew: npm run parley -- deploy ${platform}`
  return { isFine: false, text: [...differences.map((line) => `${folder}: ${line}`), how].join('\n') }
}

/** Only its owner gets into the folder; the users of containers read the files, each mounted by itself. */
const modes = { folder: 0o700, file: 0o644 }

/** Makes the secrets of a Compose installation. One that is there is never written over. */
export async function makeSecretFiles(out: string | undefined): Promise<string> {
  const folder = out ?? path.join(root, 'deploy', 'compose', 'secrets')
  await mkdir(folder, { recursive: true, mode: modes.folder })
  const secrets = makeSecrets(describeSystem(), (bytes) => randomBytes(bytes).toString('base64url'))
  const missing = Object.entries(secrets).filter(([name]) => !existsSync(path.join(folder, name)))
  for (const [name, text] of missing) await writeFile(path.join(folder, name), text, { mode: modes.file, flag: 'wx' })
  return `${missing.length} secrets made in ${folder}, ${Object.keys(secrets).length - missing.length} were there`
}
