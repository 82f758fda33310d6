import { ExponentialBackoff, handleWhen, type IRetryContext, retry } from 'cockatiel'
import type { CallContext } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import type { AnyCall } from './define-contract.ts'

const policy = retry(handleWhen(isTransient), {
  maxAttempts: 2,
  backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 1_000 }),
})

/**
 * Repeats a call that failed for a passing reason. Only the outermost caller does (depth 0), and only for calls that may
 * be repeated; the inner layers fail fast, so that tries do not multiply.
 */
export function retryOutermost<T>(definition: AnyCall, context: CallContext, attempt: () => Promise<T>): Promise<T> {
  return context.depth > 0 || !definition.idempotent ? attempt() : attemptAgain(context, attempt)
}

async function attemptAgain<T>(context: CallContext, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!isTransient(error)) throw error
    return policy.execute((state: IRetryContext) => {
      if (state.signal.aborted) throw error
      return attempt()
    }, context.signal)
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof AppError && (error.kind === 'unavailable' || error.kind === 'unknown-outcome')
}
