import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

/** The server and promtool of Debian's package, unpacked and not installed: nothing starts, and no administrator is needed. */
export const prometheus: Tool = {
  name: 'prometheus',
  description: 'Prometheus and promtool, for the tests of metrics and alerts; from Debian, in seconds',
  find: (folder) => [programIn(folder, 'prometheus'), ...installed].find((file) => existsSync(file)) ?? null,
  async get(folder) {
    const place = path.join(folder, 'prometheus')
    await mkdir(place, { recursive: true })
    try {
      await run('apt-get', ['download', 'prometheus'], place)
    } catch {
      // A machine whose lists of packages are old, or were never fetched, asks for a version that is gone.
      await run('apt-get', ['update'], place).catch(() => {})
      await run('apt-get', ['download', 'prometheus'], place).catch((cause: Error) => {
        throw new Error(`Debian's package prometheus could not be had; install it yourself: ${cause.message}`, {
          cause,
        })
      })
    }
    const [archive] = (await readdir(place)).filter((name) => name.endsWith('.deb'))
    if (archive === undefined) throw new Error('apt-get download left no package')
    await run('dpkg-deb', ['--extract', archive, '.'], place)
    return programIn(folder, 'prometheus')
  },
}

/** The program of that name; null when there is no Prometheus. */
export function findPrometheusProgram(name: 'prometheus' | 'promtool'): string | null {
  const folder = path.join(import.meta.dirname, '..', '..', '.cache', 'tools')
  const server = prometheus.find(folder)
  return server === null ? null : path.join(path.dirname(server), name)
}

export const missingPrometheus = 'there is no Prometheus: run `npm run tools -- prometheus`'

const installed = ['/usr/bin/prometheus', '/usr/local/bin/prometheus']

function programIn(folder: string, name: string): string {
  return path.join(folder, 'prometheus', 'usr', 'bin', name)
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, [...args], { cwd })
}
