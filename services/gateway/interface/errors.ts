import { AppError, type ErrorCode, errorTable, isErrorCode } from '@parley/chassis/values/errors.ts'
import type { ResponseFailure } from '@parley/kernel/frames.ts'
import { Type } from 'typebox'
import { anthropicErrorBody, anthropicStatus } from './messages/anthropic-error.ts'

/** The OpenAI error envelope; all four fields are always there. */
export const ErrorEnvelope = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Type.Union([Type.String(), Type.Null()]),
    code: Type.Union([Type.String(), Type.Null()]),
  }),
})

/** The `code` of every error on the public wire: OpenAI's name where it has one, else our own in lower case. */
export const publicCodes: Readonly<Record<ErrorCode, string>> = {
  ...lowerCased(),
  SESSION_BUSY: 'conversation_locked',
  KEY_INVALID: 'invalid_api_key',
  RATE_LIMITED: 'rate_limit_exceeded',
  BUDGET_EXHAUSTED: 'insufficient_quota',
  CONTEXT_TOO_LONG: 'context_length_exceeded',
}

/** The parameter that an error is about on this wire when the service that raised it cannot know its name. */
const publicParams: Partial<Record<ErrorCode, string>> = {
  SESSION_BUSY: 'conversation',
  SESSION_CLOSED: 'conversation',
  MODEL_NOT_FOUND: 'model',
  PREVIOUS_RESPONSE_NOT_FOUND: 'previous_response_id',
  TEMPLATE_NOT_FOUND: 'prompt',
}

export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface ErrorContext {
  /** Whose envelope the error comes in. */
  readonly dialect?: 'openai' | 'anthropic'
  readonly requestId: string
  /** True once the request may have been accepted: sending it again could then run it twice. */
  readonly accepted: boolean
}

/** How an error is answered. `x-should-retry` overrules what SDKs guess from the status. */
export function encodeError(error: AppError, context: ErrorContext): ErrorAnswer {
  const shouldRetry = error.retryable && error.status !== 400 && !context.accepted
  const headers: Record<string, string> = { 'x-should-retry': String(shouldRetry) }
  if (shouldRetry) {
    const delayMs = error.retryAfterMs ?? retryAfterDefaultMs
    headers['retry-after'] = String(Math.ceil(delayMs / 1_000))
    headers['retry-after-ms'] = String(delayMs)
  }
  if (error.status === 401) headers['www-authenticate'] = 'Bearer'
  if (context.dialect === 'anthropic') {
    return { status: anthropicStatus(error), headers, body: anthropicErrorBody(error, context.requestId) }
  }
  return { status: error.status, headers, body: errorBody(error, context.requestId) }
}

/** The envelope alone, as it also stands in a chat stream that broke. */
export function errorBody(error: AppError, requestId: string): string {
  const { code, status } = error
  const message = status >= 500 ? `${error.message} (request id ${requestId})` : error.message
  const param = publicParams[code] ?? error.param
  return JSON.stringify({ error: { message, type: errorTable[code].type, param, code: publicCodes[code] } })
}

/** The error that a failed response would have been, had it failed before it was accepted. */
export function fromFailure({ code, message }: ResponseFailure): AppError {
  return new AppError(isErrorCode(code) ? code : 'INTERNAL', message)
}

const retryAfterDefaultMs = 500

function lowerCased(): Record<ErrorCode, string> {
  const entries = Object.keys(errorTable).map((code) => [code, code.toLowerCase()])
  return Object.fromEntries(entries)
}
