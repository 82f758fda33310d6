import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

const version = 'v1.8.1'

/** Built from its source by Go, since no package registry has the program itself. */
export const k6: Tool = {
  name: 'k6',
  description: `k6 ${version}, for npm run load; built with Go, which takes some minutes`,
  find(folder) {
    const file = path.join(folder, `k6-${version}`, 'k6')
    return existsSync(file) ? file : null
  },
  async get(folder) {
    const place = path.join(folder, `k6-${version}`)
    await mkdir(place, { recursive: true })
    const env = { ...process.env, GOBIN: place, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -trimpath' }
    await promisify(execFile)('go', ['install', `go.k6.io/k6@${version}`], { env }).catch((cause: Error) => {
      throw new Error(`k6 could not be built; that needs Go (https://go.dev): ${cause.message}`, { cause })
    })
    return path.join(place, 'k6')
  },
}
