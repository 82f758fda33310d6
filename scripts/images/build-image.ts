import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { buildArguments, type Engine } from './engine.ts'
import type { ImageProgram } from './programs.ts'

const execute = promisify(execFile)

export interface BuildOptions {
  readonly root: string
  readonly engine: Engine
  /** Instead of the image that the Dockerfiles name; with its digest where images are published. */
  readonly base?: string
}

/** The name of a program's image, with the version of this checkout. */
export function imageName({ name }: Pick<ImageProgram, 'name'>, root: string): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return `parley/${name}:${version}`
}

/** Builds the image of a program. Shows what the builder says only when it fails. */
export async function buildImage(program: ImageProgram, { root, engine, base }: BuildOptions): Promise<void> {
  const name = imageName(program, root)
  const buildArgs = {
    VERSION: name.split(':')[1] ?? '',
    REVISION: await revision(root),
    ...(base !== undefined && { NODE_IMAGE: base }),
  }
  const args = [
    ...buildArguments(engine.builder),
    `--file=${program.folder}/Dockerfile`,
    `--tag=${name}`,
    ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    ...(await secretArguments()),
    '.',
  ]
  const child = spawn(engine.builder, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${name} could not be built:\n${Buffer.concat(output)}`)
}

/** This machine's own npm settings and certificate authority, lent to the build for as long as it takes. */
async function secretArguments(): Promise<string[]> {
  const npmrc = await npmSetting('userconfig')
  const ca = process.env.NODE_EXTRA_CA_CERTS ?? (await npmSetting('cafile'))
  return Object.entries({ npmrc, ca }).flatMap(([id, file]) =>
    file !== null && existsSync(file) ? ['--secret', `id=${id},src=${file}`] : [],
  )
}

async function npmSetting(name: string): Promise<string | null> {
  const { stdout } = await execute('npm', ['config', 'get', name])
  const value = stdout.trim()
  return value === '' || value === 'null' ? null : value
}

async function revision(root: string): Promise<string> {
  try {
    const { stdout } = await execute('git', ['describe', '--always', '--dirty', '--abbrev=40', '--match='], {
      cwd: root,
    })
    return stdout.trim()
  } catch {
    return 'unknown'
  }
}
