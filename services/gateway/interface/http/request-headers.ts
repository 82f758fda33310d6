import type { IncomingMessage } from 'node:http'
import { AppError } from '@parley/chassis/values/errors.ts'

const correlationPattern = /^[A-Za-z0-9._:-]{1,128}$/
const idempotencyPattern = /^[\x21-\x7e]{1,255}$/

/** The caller's own correlation id, when it is one that is safe to pass on and to log. */
export function correlationIdOf({ headers }: IncomingMessage): string | null {
  const id = headers['x-correlation-id']
  return typeof id === 'string' && correlationPattern.test(id) ? id : null
}

/** The idempotency key, without the quotes that the header may have. Throws INVALID_REQUEST. */
export function idempotencyKeyOf(request: IncomingMessage): string | null {
  if (request.headers['idempotency-key'] === undefined) return null
  const values = request.headersDistinct['idempotency-key'] ?? []
  if (values.length > 1) throw badKey('The header idempotency-key was sent twice. Send it once.')
  const value = values[0] ?? ''
  const key = /^".*"$/.test(value) && value.length > 1 ? value.slice(1, -1) : value
  if (idempotencyPattern.test(key)) return key
  throw badKey('The header idempotency-key must have 1 to 255 visible ASCII characters.')
}

function badKey(message: string): AppError {
  return new AppError('INVALID_REQUEST', message, { param: 'idempotency-key' })
}
