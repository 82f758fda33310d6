/**
 * The closed set of error codes. One row per code: the HTTP status it becomes, whether the same call may succeed when it
 * is repeated, and the `type` that the OpenAI error envelope gives it. `docs/errors.md` explains every code.
 */
export const errorTable = {
  // Requests that are wrong as they stand
  INVALID_REQUEST: { status: 400, retryable: false, type: 'invalid_request_error' },
  INVALID_JSON: { status: 400, retryable: false, type: 'invalid_request_error' },
  UNSUPPORTED_PARAMETER: { status: 400, retryable: false, type: 'invalid_request_error' },
  CONTENT_TYPE_UNSUPPORTED: { status: 415, retryable: false, type: 'invalid_request_error' },
  BODY_TOO_LARGE: { status: 413, retryable: false, type: 'invalid_request_error' },
  CONTEXT_TOO_LONG: { status: 400, retryable: false, type: 'invalid_request_error' },
  ROUTE_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, type: 'invalid_request_error' },
  // Who asks
  KEY_MISSING: { status: 401, retryable: false, type: 'invalid_request_error' },
  KEY_INVALID: { status: 401, retryable: false, type: 'invalid_request_error' },
  KEY_EXPIRED: { status: 401, retryable: false, type: 'invalid_request_error' },
  KEY_REVOKED: { status: 401, retryable: false, type: 'invalid_request_error' },
  SCOPE_MISSING: { status: 403, retryable: false, type: 'permission_error' },
  KEY_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  RATE_LIMITED: { status: 429, retryable: true, type: 'rate_limit_error' },
  BUDGET_EXHAUSTED: { status: 429, retryable: false, type: 'insufficient_quota' },
  BUDGET_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  // Things that are not there, or not now
  MODEL_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  TEMPLATE_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  USER_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  SESSION_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  SESSION_CLOSED: { status: 400, retryable: false, type: 'invalid_request_error' },
  SESSION_BUSY: { status: 400, retryable: true, type: 'invalid_request_error' },
  ITEM_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  REQUEST_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  RESPONSE_NOT_FOUND: { status: 404, retryable: false, type: 'invalid_request_error' },
  PREVIOUS_RESPONSE_NOT_FOUND: { status: 400, retryable: false, type: 'invalid_request_error' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, retryable: false, type: 'invalid_request_error' },
  // Providers
  PROVIDER_REFUSED: { status: 400, retryable: false, type: 'invalid_request_error' },
  PROVIDER_UNAUTHORISED: { status: 502, retryable: false, type: 'server_error' },
  PROVIDER_RATE_LIMITED: { status: 429, retryable: true, type: 'rate_limit_error' },
  PROVIDER_UNAVAILABLE: { status: 502, retryable: true, type: 'server_error' },
  PROVIDER_GARBLED: { status: 502, retryable: true, type: 'server_error' },
  PROVIDER_STALLED: { status: 504, retryable: true, type: 'server_error' },
  OUTPUT_INVALID: { status: 502, retryable: true, type: 'server_error' },
  // Parley itself
  CALLER_UNAUTHENTICATED: { status: 401, retryable: false, type: 'server_error' },
  CALL_CANCELLED: { status: 499, retryable: false, type: 'server_error' },
  CALL_TIMEOUT: { status: 504, retryable: true, type: 'server_error' },
  SERVICE_UNAVAILABLE: { status: 503, retryable: true, type: 'server_error' },
  OUTCOME_UNKNOWN: { status: 502, retryable: false, type: 'server_error' },
  CONTRACT_VIOLATED: { status: 502, retryable: false, type: 'server_error' },
  STORE_UNAVAILABLE: { status: 503, retryable: true, type: 'server_error' },
  OVERLOADED: { status: 503, retryable: true, type: 'server_error' },
  INTERNAL: { status: 500, retryable: false, type: 'server_error' },
} as const satisfies Record<string, ErrorRow>

interface ErrorRow {
  status: number
  retryable: boolean
  type: 'invalid_request_error' | 'permission_error' | 'rate_limit_error' | 'insufficient_quota' | 'server_error'
}

export type ErrorCode = keyof typeof errorTable

/**
 * How a call failed, as its caller must treat it. `app`: the callee answered no. `timeout` and `unknown-outcome`: the
 * effect may or may not have happened. `unavailable`: it has not. `contract`: the two sides disagree about the contract.
 */
export type FailureKind = 'app' | 'timeout' | 'unavailable' | 'unknown-outcome' | 'contract'

export interface AppErrorOptions {
  /** The request field to mend, in the caller's own words (`messages[0].content`). */
  param?: string | null
  cause?: unknown
  /** How long to wait before the same call may succeed. */
  retryAfterMs?: number
}

/** An expected failure. `message` is written for the caller: it says what is wrong and how to mend it, and no secrets. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly param: string | null
  readonly retryAfterMs: number | null

  constructor(code: ErrorCode, message: string, { param = null, cause, retryAfterMs }: AppErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AppError'
    this.code = code
    this.param = param
    this.retryAfterMs = retryAfterMs ?? null
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  get kind(): FailureKind {
    return failureKinds[this.code] ?? 'app'
  }
}

const failureKinds: Partial<Record<ErrorCode, FailureKind>> = {
  CALL_TIMEOUT: 'timeout',
  SERVICE_UNAVAILABLE: 'unavailable',
  OUTCOME_UNKNOWN: 'unknown-outcome',
  CONTRACT_VIOLATED: 'contract',
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code)
}

/** Turns anything thrown into an AppError; what was not expected becomes INTERNAL, without its message. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError('INTERNAL', 'Something went wrong inside Parley. Quote the request id when you report it.', {
    cause: error,
  })
}
