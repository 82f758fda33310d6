import { AppError, isErrorCode } from '../values/errors.ts'
import { contractViolated } from './failures.ts'
import type { WireError } from './ndjson.ts'

export function toWireError(error: AppError): WireError {
  return { code: error.code, message: error.message, param: error.param, retryAfterMs: error.retryAfterMs }
}

/** The same error as the callee threw; a body that is none is a broken contract. */
export function fromWireError(service: string, body: unknown): AppError {
  const wire = (body as { error?: Partial<WireError> } | null)?.error
  if (wire === undefined || !isErrorCode(wire.code) || typeof wire.message !== 'string') {
    return contractViolated(service, 'it answered with an error that is not one of the known codes')
  }
  const { code, message, param = null, retryAfterMs } = wire
  return new AppError(code, message, { param, ...(typeof retryAfterMs === 'number' && { retryAfterMs }) })
}
