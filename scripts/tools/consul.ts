import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

/** The newest of which the module proxy has every part. */
const version = 'v1.20.6'
const module = 'github.com/hashicorp/consul'
const run = promisify(execFile)

/** Built from its source by Go, since no package registry has the program itself. */
export const consul: Tool = {
  name: 'consul',
  description: `Consul ${version}, for tests/discovery; built with Go in 10 minutes or more`,
  find(folder) {
    const file = path.join(folder, `consul-${version}`, 'consul')
    return existsSync(file) ? file : null
  },
  async get(folder) {
    const place = path.join(folder, `consul-${version}`)
    const source = path.join(place, 'source')
    await mkdir(source, { recursive: true })
    try {
      await writeModule(source)
      await go(source, ['build', '-trimpath', '-o', path.join(place, 'consul'), module])
    } catch (cause) {
      throw new Error(`consul could not be built; that needs Go 1.23 or newer (https://go.dev): ${cause}`, { cause })
    }
    return path.join(place, 'consul')
  },
}

/**
 * A module that needs what Consul needs, in the versions and with the sums that it has itself. Its own parts, which it
 * names by folders, are published as modules of the versions that it requires.
 */
async function writeModule(source: string): Promise<void> {
  await writeFile(path.join(source, 'go.mod'), 'module parley.local/tools\n')
  const { Dir: folder } = JSON.parse(await go(source, ['mod', 'download', '-json', `${module}@${version}`]))
  const needs = (await readFile(path.join(folder, 'go.mod'), 'utf8'))
    .replace(/^module .*$/m, 'module parley.local/tools')
    .replace(/^replace \([^)]*\)$/m, `require ${module} ${version}`)
  await writeFile(path.join(source, 'go.mod'), needs)
  await writeFile(path.join(source, 'go.sum'), await readFile(path.join(folder, 'go.sum')))
}

async function go(folder: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=mod', GOWORK: 'off' }
  const { stdout } = await run('nice', ['-n', '10', 'go', ...args], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}
