import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

const version = 'v1.7.12'

/** Built from its source by Go, since no package registry has the program itself. */
export const actionlint: Tool = {
  name: 'actionlint',
  description: `actionlint ${version}, for tests/tooling; built with Go within a minute`,
  find(folder) {
    const file = path.join(folder, `actionlint-${version}`, 'actionlint')
    return existsSync(file) ? file : null
  },
  async get(folder) {
    const place = path.join(folder, `actionlint-${version}`)
    await mkdir(place, { recursive: true })
    const env = { ...process.env, GOBIN: place, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -trimpath' }
    const source = `github.com/rhysd/actionlint/cmd/actionlint@${version}`
    await promisify(execFile)('go', ['install', source], { env }).catch((cause: Error) => {
      throw new Error(`actionlint could not be built; that needs Go (https://go.dev): ${cause.message}`, { cause })
    })
    return path.join(place, 'actionlint')
  },
}
