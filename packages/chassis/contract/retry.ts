import { ExponentialBackoff, handleWhen, type IRetryContext, retry } from 'cockatiel'
import type { CallContext } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import type { AnyCall } from './define-contract.ts'

/**
 * Repeats a call that failed for a passing reason: an idempotent one whatever came of it, any other only if it surely had
 * no effect. Only the outermost caller does (depth 0); the inner layers fail fast, so that tries do not multiply.
 */
export function retryOutermost<T>(
  definition: AnyCall,
  context: CallContext,
  input: unknown,
  attempt: () => Promise<T>,
): Promise<T> {
  return context.depth > 0 ? attempt() : attemptAgain(definition, context, input, attempt)
}

async function attemptAgain<T>(
  definition: AnyCall,
  context: CallContext,
  input: unknown,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    const { isPassing, policy } = isIdempotent(definition, input) ? repeatable : unrepeatable
    if (!isPassing(error)) throw error
    return policy.execute((state: IRetryContext) => {
      if (state.signal.aborted) throw error
      return attempt()
    }, context.signal)
  }
}

const repeatable = untilBack(hadNoEffectOrMayHave)
const unrepeatable = untilBack(hadNoEffect)

/** About eight seconds in all: what a service needs to be restarted. */
function untilBack(isPassing: (error: unknown) => boolean) {
  const backoff = new ExponentialBackoff({ initialDelay: 50, maxDelay: 1_500 })
  return { isPassing, policy: retry(handleWhen(isPassing), { maxAttempts: 10, backoff }) }
}

function isIdempotent({ idempotent }: AnyCall, input: unknown): boolean {
  if (typeof idempotent === 'boolean') return idempotent
  return typeof input === 'object' && input !== null && Reflect.get(input, idempotent.by) !== undefined
}

function hadNoEffect(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'unavailable'
}

function hadNoEffectOrMayHave(error: unknown): boolean {
  return hadNoEffect(error) || (error instanceof AppError && error.kind === 'unknown-outcome')
}
