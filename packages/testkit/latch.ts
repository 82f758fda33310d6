import { setTimeout as delay } from 'node:timers/promises'

/** Holds whoever waits until it is opened; afterwards waiting costs nothing. */
export interface Latch<T = void> {
  readonly isOpen: boolean
  open(value: T): void
  /** Rejects when the latch is still shut after `timeoutMs` (default 20,000). */
  wait(options?: { timeoutMs?: number }): Promise<T>
}

export function createLatch<T = void>(): Latch<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  let isOpen = false
  return {
    get isOpen() {
      return isOpen
    },
    open(value) {
      isOpen = true
      resolve(value)
    },
    async wait({ timeoutMs = 20_000 } = {}) {
      const { promise: timeout, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Error(`the latch was not opened within ${timeoutMs} ms`)), timeoutMs)
      try {
        return await Promise.race([promise, timeout])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** Where a wait has no pace of its own, it looks again at once, and less and less often up to this. */
const slowestPollMs = 20

/** Resolves once `condition` holds; rejects after `timeoutMs` (default 20,000), naming what was waited for. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 20_000, pollMs, what = 'the condition' }: { timeoutMs?: number; pollMs?: number; what?: string } = {},
): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs
  for (let waitMs = pollMs ?? 1; !(await condition()); waitMs = pollMs ?? Math.min(waitMs * 1.5, slowestPollMs)) {
    if (performance.now() > endsAtMs) throw new Error(`${what} did not hold within ${timeoutMs} ms`)
    await delay(waitMs)
  }
}
