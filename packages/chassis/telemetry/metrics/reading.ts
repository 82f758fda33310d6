import { setTimeout as delay } from 'node:timers/promises'

/** Well below the time that Prometheus waits for an answer. */
const timeoutMs = 2_000

/**
 * What a metric reads from a database, or null when that fails or takes long: the other metrics are needed most when a
 * database does not answer. The metric of what could not be read is then absent, and `parley_store_up` says why.
 */
export async function reading<T>(read: Promise<T>): Promise<T | null> {
  const over = new AbortController()
  const late = delay(timeoutMs, null, { signal: over.signal, ref: false }).catch(() => null)
  const value = await Promise.race([read.catch(() => null), late])
  over.abort()
  return value
}

/** One read for all metrics that ask for it in one go: each waits for it, so that none shows what the last read gave. */
export function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null
  return () => {
    current ??= read().finally(() => {
      current = null
    })
    return current
  }
}
