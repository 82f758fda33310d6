import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ConfigError } from './env-reader.ts'
import type { ImportedData } from './import-data-worker.ts'

const runMs = 10_000
const heapMegabytesMax = 256

/**
 * The default export of a TypeScript module, which must be plain data. The module runs in a thread of its own: it and what
 * it imports are read afresh each time, nothing of it stays in memory, and one that never ends is stopped. Throws
 * ConfigError without a word of the module's text.
 */
export async function importData(path: string): Promise<unknown> {
  const name = basename(path)
  const worker = new Worker(new URL('./import-data-worker.ts', import.meta.url), {
    workerData: pathToFileURL(path).href,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
  })
  const { promise, resolve, reject } = Promise.withResolvers<ImportedData>()
  const timer = setTimeout(() => reject(new ConfigError([`${name} did not end within ${runMs} ms`])), runMs)
  worker.once('message', resolve)
  worker.once('error', (error) => reject(new ConfigError([`${name} ${whatFailed(error, name)}`])))
  worker.once('exit', () => reject(new ConfigError([`${name} ended the process that read it`])))
  try {
    const imported = await promise
    if (!('data' in imported)) throw new ConfigError([`${name} must hold plain data: no functions`])
    if (imported.data !== undefined) return JSON.parse(JSON.stringify(imported.data))
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
  throw new ConfigError([`${name} must have a default export: export default defineConfig({ … })`])
}

function whatFailed(error: Error, name: string): string {
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  const line = Number.parseInt(error.stack?.split(`${name}:`)[1] ?? '', 10)
  return `cannot be run: ${error.name}${code}${Number.isNaN(line) ? '' : ` in line ${line}`}`
}
