/**
 * A limit on requests per minute as a generic cell rate algorithm: one number per key. A full minute's worth may come at
 * once; after that requests are admitted at the even rate.
 *
 * `theoreticalArrivalMs` is when the key would be back at its full burst, on a monotonic clock; the past means now.
 */
export interface LimitDecision {
  readonly admitted: boolean
  readonly theoreticalArrivalMs: number
  /** Requests that would be admitted right now, after this one. */
  readonly remaining: number
  /** Until all of them are available again. */
  readonly resetMs: number
  /** Until the next one is admitted; 0 when this one was. */
  readonly retryAfterMs: number
}

const minuteMs = 60_000

export function decideLimit(theoreticalArrivalMs: number, nowMs: number, requestsPerMinute: number): LimitDecision {
  const intervalMs = minuteMs / requestsPerMinute
  const arrivalMs = Math.max(theoreticalArrivalMs, nowMs)
  const nextMs = arrivalMs + intervalMs
  const excessMs = nextMs - nowMs - minuteMs
  // Sums of intervals are not exact; a thousandth of a millisecond must not cost a request.
  if (excessMs > roundingMs) {
    return {
      admitted: false,
      theoreticalArrivalMs: arrivalMs,
      remaining: 0,
      resetMs: arrivalMs - nowMs,
      retryAfterMs: Math.ceil(excessMs),
    }
  }
  return {
    admitted: true,
    theoreticalArrivalMs: nextMs,
    remaining: Math.floor((minuteMs - (nextMs - nowMs) + roundingMs) / intervalMs),
    resetMs: nextMs - nowMs,
    retryAfterMs: 0,
  }
}

const roundingMs = 0.001
