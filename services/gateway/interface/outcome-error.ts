import { AppError } from '@parley/chassis/values/errors.ts'
import type { ResponseEnd } from '@parley/kernel/frames.ts'
import { fromFailure } from './errors.ts'

/**
 * Why a response cannot be shown as a chat completion or as a message, or null when it can. These dialects have no words
 * for an answer that broke off, so such an answer is an error: it must not look complete.
 */
export function outcomeError(end: ResponseEnd): AppError | null {
  if (end.failure !== null) return fromFailure(end.failure)
  if (end.status === 'cancelled') return new AppError('CALL_CANCELLED', 'The response was cancelled before it ended.')
  const broken = end.status === 'failed' || end.incompleteReason === 'interrupted'
  if (!broken) return null
  return new AppError('OUTCOME_UNKNOWN', 'The answer broke off before it was complete. Send the request again.')
}
