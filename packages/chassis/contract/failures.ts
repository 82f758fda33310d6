import { AppError } from '../values/errors.ts'

/** Failures of a call as such, as opposed to a callee's answer. The same ones are raised locally and over HTTP. */
export function unavailable(service: string, cause?: unknown): AppError {
  return new AppError(
    'SERVICE_UNAVAILABLE',
    `The ${service} service cannot be reached right now. Nothing was changed.`,
    {
      cause,
      retryAfterMs: 500,
    },
  )
}

export function outcomeUnknown(service: string, cause?: unknown): AppError {
  return new AppError(
    'OUTCOME_UNKNOWN',
    `The connection to the ${service} service broke before it answered. The change may or may not have been made.`,
    { cause },
  )
}

export function contractViolated(service: string, detail: string): AppError {
  return new AppError('CONTRACT_VIOLATED', `The ${service} service does not keep its contract: ${detail}.`)
}
