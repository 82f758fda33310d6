import { readFileSync, statSync } from 'node:fs'

/** The trimmed text of a file, or what is wrong with it in words that continue "a file that …". */
export type ReadSecretFile = (path: string) => { readonly text: string } | { readonly problem: string }

const bytesMax = 64 * 1_024

/** Secrets are small and few, and read at start and when they change: waiting for the disk is no loss. */
export const readSecretFile: ReadSecretFile = (path) => {
  try {
    if (statSync(path).size > bytesMax) return { problem: `has more than ${bytesMax} bytes` }
    const text = readFileSync(path, 'utf8').trim()
    return text === '' ? { problem: 'is empty' } : { text }
  } catch (error) {
    return { problem: `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})` }
  }
}
