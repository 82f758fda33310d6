import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after the delay, or at once when `signal` aborts: whoever waits looks at the signal anyway. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch(() => {})
}
