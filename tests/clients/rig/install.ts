import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installedFolder, pinnedFolder } from './folders.ts'

const execute = promisify(execFile)
const lock = 'package-lock.json'
const requirements = 'requirements.txt'
const installTimeoutMs = 10 * 60_000
const pythonTimeoutMs = 3 * 60_000

/** Whether the clients of Node are there in exactly the locked versions. */
export async function isInstalled(): Promise<boolean> {
  return isSame(lock)
}

/** Installs exactly what the committed lock file says, unless that was done before. */
export async function installClients(): Promise<void> {
  if (await isInstalled()) return
  process.stdout.write('installing the client programs, about 1 GB, into .cache/clients …\n')
  await mkdir(installedFolder, { recursive: true })
  for (const file of ['package.json', lock]) await copyFile(join(pinnedFolder, file), join(installedFolder, file))
  // Not `npm ci`: it refuses the lock when a registry lacks the optional packages of some other platform.
  await execute('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: installedFolder,
    timeout: installTimeoutMs,
  })
  await copyFile(join(pinnedFolder, lock), join(installedFolder, installedAs(lock)))
}

/** Installs the client of Python into an environment of its own. Resolves to why that was not possible, or to null. */
export async function installPython(): Promise<string | null> {
  if (await isSame(requirements)) return null
  process.stdout.write('installing the client of Python …\n')
  const environment = join(installedFolder, 'python')
  try {
    await execute('python3', ['-m', 'venv', environment], { timeout: pythonTimeoutMs })
    const args = ['install', '--quiet', '--disable-pip-version-check', '-r', join(pinnedFolder, requirements)]
    await execute(join(environment, 'bin', 'pip'), args, { timeout: pythonTimeoutMs })
  } catch (error) {
    return `python3 with venv and pip did not install it: ${lastLine(error)}`
  }
  await copyFile(join(pinnedFolder, requirements), join(installedFolder, installedAs(requirements)))
  return null
}

/** The version of a package that is installed for Node. */
export async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(installedFolder, 'node_modules', name, 'package.json'), 'utf8')
  const { version }: { version: string } = JSON.parse(text)
  return version
}

/** The version of a package that is pinned for Python. */
export async function pythonVersionOf(name: string): Promise<string> {
  const text = await readFile(join(pinnedFolder, requirements), 'utf8')
  return new RegExp(`^${name}==(.+)$`, 'm').exec(text)?.[1] ?? 'unknown'
}

async function isSame(file: string): Promise<boolean> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => null)
  const present = await read(join(installedFolder, installedAs(file)))
  return present !== null && present === (await read(join(pinnedFolder, file)))
}

function installedAs(file: string): string {
  return `installed-${file}`
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n').at(-1) ?? text
}
