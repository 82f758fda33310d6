import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface DebianBaseOptions {
  readonly root: string
  /** The name under which the Dockerfiles look for it. */
  readonly base: string
}

const mirror = process.env.DEBIAN_MIRROR_URL ?? 'http://deb.debian.org/debian'

/**
 * Makes the image that the Dockerfiles are built upon where the registry that has it cannot be reached: the same Debian
 * by debootstrap, the same Node and its npm from the package registry. Needs root and Buildah. It stands in for the
 * published one in a local store only.
 */
export async function makeDebianBase({ root, base }: DebianBaseOptions): Promise<void> {
  if (await hasImage(base)) return
  const folder = path.join(root, '.cache', 'images', 'base')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    await bringDebian(folder)
    await bringNode(
      folder,
      path.join(root, '.cache', 'images', 'packages'),
      /node:(\d+\.\d+\.\d+)/.exec(base)?.[1] ?? '',
    )
    await commit(folder, base)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function hasImage(name: string): Promise<boolean> {
  return execute('buildah', ['inspect', '--type=image', name]).then(
    () => true,
    () => false,
  )
}

async function bringDebian(folder: string): Promise<void> {
  await run('debootstrap', ['--variant=minbase', '--include=libstdc++6', 'bookworm', folder, mirror])
  const unneeded = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale']
  for (const each of unneeded) await rm(path.join(folder, each), { recursive: true, force: true })
}

/** Both are plain packages without an install script. */
async function bringNode(folder: string, packages: string, version: string): Promise<void> {
  const name = `node-linux-${process.arch}`
  await mkdir(packages, { recursive: true })
  await writeFile(path.join(packages, 'package.json'), '{ "private": true }\n')
  const wanted = [`${name}@${version}`, 'npm@11']
  await run('npm', ['install', '--no-save', '--no-package-lock', '--ignore-scripts', ...wanted], packages)
  const modules = path.join(folder, 'usr/local/lib/node_modules')
  await mkdir(modules, { recursive: true })
  await cp(path.join(packages, 'node_modules', name, 'bin/node'), path.join(folder, 'usr/local/bin/node'))
  await cp(path.join(packages, 'node_modules/npm'), path.join(modules, 'npm'), { recursive: true })
  for (const command of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${command}-cli.js`, path.join(folder, 'usr/local/bin', command))
  }
}

async function commit(folder: string, base: string): Promise<void> {
  const container = (await run('buildah', ['from', 'scratch'])).trim()
  try {
    await run('buildah', ['copy', '--quiet', container, folder, '/'])
    const searched = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    await run('buildah', ['config', '--env', `PATH=${searched}`, '--cmd', 'node', container])
    await run('buildah', ['commit', '--quiet', '--format=docker', container, base])
  } finally {
    await run('buildah', ['rm', container])
  }
}

async function run(command: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT' && !existsSync(command)
    throw new Error(isMissing ? `${command} is not installed` : `${message}\n${stderr}`)
  }
}
