import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'

export interface Patience {
  /** Spent waiting, at most. */
  readonly forMs: number
  /** Failures after which the work is safe to repeat and may succeed; whatever may pass when absent. */
  readonly after?: (error: unknown) => boolean
}

export type Persist = <T>(context: CallContext, patience: Patience, work: () => Promise<T>) => Promise<T>

const firstDelayMs = 50
const delayMaxMs = 2_000

/**
 * Repeats work that another service cannot do right now, and that is safe to repeat, until it succeeds, fails for good,
 * or `forMs` have been spent waiting. An accepted request should not fail because a neighbour is being restarted.
 */
export function createPersist({ timers }: { timers: Timers }): Persist {
  return async function persist(context, { forMs, after = mayPass }, work) {
    let waitedMs = 0
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, delayMaxMs)) {
      try {
        return await work()
      } catch (error) {
        if (!after(error) || waitedMs >= forMs || context.signal.aborted) throw error
        await pause(timers, delayMs, context.signal)
        waitedMs += delayMs
      }
    }
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  return error.code === 'STORE_UNAVAILABLE' || (error.kind !== 'app' && error.kind !== 'contract')
}

/** Resolves after the delay, or at once when `signal` aborts. */
export function pause(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = timers.after(delayMs, done)
    signal.addEventListener('abort', done)
  })
}
