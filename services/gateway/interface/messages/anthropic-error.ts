import type { AppError } from '@parley/chassis/values/errors.ts'

/** Statuses as Anthropic's clients know them: being too busy has one of its own. */
export function anthropicStatus({ status }: AppError): number {
  return status === 503 ? 529 : status
}

/** The Anthropic error envelope. It has no place for the field's name, so the message must name it. */
export function anthropicErrorBody(error: AppError, requestId: string): string {
  const { message, param } = error
  const named = param === null || message.includes(param) ? message : `${param}: ${message}`
  return JSON.stringify({ type: 'error', error: { type: typeOf(error), message: named }, request_id: requestId })
}

function typeOf(error: AppError): string {
  const status = anthropicStatus(error)
  const known = types[status]
  if (known !== undefined) return known
  return status < 500 ? 'invalid_request_error' : 'api_error'
}

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}
