import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import { isObject, stringOf } from './json-values.ts'

/** Whom a failure names, and what it must never show. */
export interface ProviderIdentity {
  readonly name: string
  /** Texts that are cut from everything that the provider says. */
  readonly secrets: readonly string[]
}

/** An answer that is no success. */
export interface FailedAnswer {
  readonly status: number
  /** How long the provider asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null
  readonly body: string
}

/** What a status other than 2xx stands for. */
export function statusFailure({ status, retryAfterMs, body }: FailedAnswer, provider: ProviderIdentity): AppError {
  const said = readError(body)
  const code = codeOf(status, said)
  const options = retryAfterMs === null ? {} : { retryAfterMs }
  return new AppError(code, messageOf(code, { status, said, provider }), options)
}

/** What an error inside a 200 stands for. Its code may be a status, as several gateways send it. */
export function reportedFailure(error: unknown, provider: ProviderIdentity): AppError {
  const said = readSaid(isObject(error) ? error : { message: error })
  const status = Number(said.code) >= 400 && Number(said.code) < 600 ? Number(said.code) : impliedStatus(said)
  const code = codeOf(status, said)
  return new AppError(code, messageOf(code, { status, said, provider }))
}

/** What a failed connection stands for. `answering`: the provider had begun to answer. */
export function transportFailure(
  error: unknown,
  { provider, answering }: { provider: ProviderIdentity; answering: boolean },
): AppError {
  const cause = error instanceof Error ? error : new Error('unknown transport error')
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (stallCodes.has(code)) return stalled(provider)
  // The parser's error holds what the provider sent, which no log should: it is no cause.
  if (cause.name === 'HTTPParserError') return garbled(provider, 'its answer is not HTTP')
  if (answering || garbledCodes.has(code)) {
    return new AppError('PROVIDER_GARBLED', `The provider '${provider.name}' broke off its answer.`, { cause })
  }
  return new AppError('PROVIDER_UNAVAILABLE', `The provider '${provider.name}' cannot be reached.`, { cause })
}

export function garbled(provider: ProviderIdentity, what: string): AppError {
  return new AppError('PROVIDER_GARBLED', `The provider '${provider.name}' cannot be understood: ${what}.`)
}

export function stalled(provider: ProviderIdentity): AppError {
  return new AppError('PROVIDER_STALLED', `The provider '${provider.name}' stopped answering.`)
}

const stallCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const garbledCodes = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
])

interface Said {
  readonly message: string
  readonly code: string
  readonly type: string
  /** False when the body was not the error of an API at all, such as a proxy's page. */
  readonly isApiError: boolean
}

/** `{error: {…}}`, `{error: "…"}`, `{message}` or `{detail}`: the forms that compatible servers use. */
function readError(body: string): Said {
  try {
    const parsed: unknown = JSON.parse(body)
    if (!isObject(parsed)) return nothingSaid
    const { error } = parsed
    if (isObject(error)) return readSaid(error)
    if (typeof error === 'string') return readSaid({ message: error })
    return readSaid({ ...parsed, message: parsed['message'] ?? parsed['detail'] })
  } catch {
    return nothingSaid
  }
}

const nothingSaid: Said = { message: '', code: '', type: '', isApiError: false }

function readSaid(error: Readonly<Record<string, unknown>>): Said {
  const { message, code, type } = error
  const codeText = typeof code === 'number' ? String(code) : stringOf(code)
  return { message: stringOf(message), code: codeText, type: stringOf(type), isApiError: true }
}

function impliedStatus({ code, type }: Said): number {
  const words = `${code} ${type}`
  if (words.includes('rate_limit') || words.includes('insufficient_quota')) return 429
  if (words.includes('context_length') || words.includes('invalid_request')) return 400
  const named = Object.keys(namedStatuses).find((name) => words.includes(name))
  return named === undefined ? 500 : (namedStatuses[named] ?? 500)
}

/** Errors inside a stream that name their kind instead of a status. */
const namedStatuses: Readonly<Record<string, number>> = {
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  timeout_error: 504,
  overloaded_error: 529,
}

const contextPattern =
  /context[ _-]?(?:length|window|size|limit)|maximum context|prompt is too long|too many (?:input )?tokens/i

function codeOf(status: number, said: Said): ErrorCode {
  if (status < 400) return 'PROVIDER_GARBLED'
  if (status === 401 || status === 402 || status === 403) return 'PROVIDER_UNAUTHORISED'
  if (status === 429) return 'PROVIDER_RATE_LIMITED'
  if (status >= 500 || status === 408 || status === 409) return 'PROVIDER_UNAVAILABLE'
  if (said.code === 'context_length_exceeded' || contextPattern.test(said.message)) return 'CONTEXT_TOO_LONG'
  if (status !== 404) return 'PROVIDER_REFUSED'
  if (!said.isApiError) return 'PROVIDER_GARBLED'
  return said.code === 'model_not_found' || /\bmodel\b/i.test(said.message) ? 'MODEL_NOT_FOUND' : 'PROVIDER_REFUSED'
}

function messageOf(
  code: ErrorCode,
  { status, said, provider }: { status: number; said: Said; provider: ProviderIdentity },
): string {
  const name = `The provider '${provider.name}'`
  const words = said.message === '' ? '' : `: ${cutSecrets(said.message, provider.secrets)}`
  switch (code) {
    case 'PROVIDER_UNAUTHORISED':
      // The provider's words are left out: they tend to quote the key.
      return `${name} refused its credentials (status ${status}). The operator has to correct the provider's key.`
    case 'PROVIDER_GARBLED':
      return status < 400
        ? `${name} answered with a redirect (status ${status}), which is not followed.`
        : `${name} has no chat API at its base URL (status ${status}).`
    case 'PROVIDER_RATE_LIMITED':
      return `${name} is limiting requests${words}`
    case 'PROVIDER_UNAVAILABLE':
      return `${name} failed (status ${status})${words}`
    default:
      return `${name} refused the request${words}`
  }
}

const messageCharsMax = 500

/** What a provider says, fit to show: without keys, control characters or length. */
export function cutSecrets(text: string, secrets: readonly string[]): string {
  let shown = text.slice(0, 4 * messageCharsMax)
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, '[secret]')
  return shown
    .replace(/\b(?:sk|pk|key|gsk|xai)-[\w*.-]{6,}|\bBearer\s+\S+/gi, '[secret]')
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, messageCharsMax)
    .trim()
}
