import { parentPort, workerData } from 'node:worker_threads'

/** What a module's default export is, told to the thread that asked. */
export type ImportedData = { readonly data: unknown } | { readonly isPlain: false }

const module = (await import(String(workerData))) as { default?: unknown }
try {
  parentPort?.postMessage({ data: module.default } satisfies ImportedData)
} catch {
  // Functions and the like cannot leave their thread.
  parentPort?.postMessage({ isPlain: false } satisfies ImportedData)
}
