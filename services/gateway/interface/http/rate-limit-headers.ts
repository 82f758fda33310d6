import { AppError } from '@parley/chassis/values/errors.ts'
import type { AppliedLimit } from '../../application/limit-requests.ts'

export function rateLimitHeaders(limit: AppliedLimit): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(limit.requestsPerMinute),
    'x-ratelimit-remaining-requests': String(limit.remaining),
    'x-ratelimit-reset-requests': formatDuration(limit.resetMs),
  }
}

/** The same as Anthropic writes it, with the time of the reset as an instant. */
export function anthropicRateLimitHeaders(limit: AppliedLimit, nowMs: number): Record<string, string> {
  return {
    'anthropic-ratelimit-requests-limit': String(limit.requestsPerMinute),
    'anthropic-ratelimit-requests-remaining': String(limit.remaining),
    'anthropic-ratelimit-requests-reset': new Date(nowMs + limit.resetMs).toISOString(),
  }
}

export function rateLimited(limit: AppliedLimit): AppError {
  const { requestsPerMinute, retryAfterMs } = limit
  return new AppError(
    'RATE_LIMITED',
    `This API key may send ${requestsPerMinute} requests per minute. Try again in ${formatDuration(retryAfterMs)}.`,
    { retryAfterMs },
  )
}

/** As OpenAI writes durations in headers: `12ms`, `1.5s`, `6m0s`. */
export function formatDuration(durationMs: number): string {
  const wholeMs = Math.ceil(durationMs)
  if (wholeMs < 1_000) return `${wholeMs}ms`
  if (wholeMs < 60_000) return `${wholeMs / 1_000}s`
  const wholeSeconds = Math.ceil(wholeMs / 1_000)
  return `${Math.floor(wholeSeconds / 60)}m${wholeSeconds % 60}s`
}
