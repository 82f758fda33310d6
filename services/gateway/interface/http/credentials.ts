import { AppError } from '@parley/chassis/values/errors.ts'

/**
 * The API key of a request, from `authorization: Bearer …` or `x-api-key`. Reads the raw header list, since the parsed
 * one keeps only the first of two credentials. Throws KEY_MISSING, KEY_INVALID, or INVALID_REQUEST when two disagree.
 */
export function readSecret(rawHeaders: readonly string[]): string {
  let secret: string | null = null
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const found = secretOf(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
    if (found === null) continue
    if (secret !== null && secret !== found) throw disagreeing()
    secret = found
  }
  if (secret === null || secret === '') throw missing()
  return secret
}

function secretOf(name: string, value: string): string | null {
  if (name.length === 'authorization'.length && name.toLowerCase() === 'authorization') return bearer(value)
  if (name.length === 'x-api-key'.length && name.toLowerCase() === 'x-api-key') return value.trim()
  return null
}

const bearerPrefix = /^bearer(?:\s+|$)/i

function bearer(value: string): string {
  if (bearerPrefix.test(value)) return value.replace(bearerPrefix, '').trim()
  throw new AppError('KEY_INVALID', 'The header authorization must read: Bearer, a space, and the API key.')
}

function missing(): AppError {
  return new AppError('KEY_MISSING', 'No API key was sent. Send it in the header: Authorization: Bearer YOUR_KEY.')
}

function disagreeing(): AppError {
  return new AppError('INVALID_REQUEST', 'The request carries two API keys that differ. Send one, in one header.')
}
