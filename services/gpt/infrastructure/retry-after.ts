const retryAfterMsMax = 60 * 60_000

/** `retry-after-ms`, else `retry-after` as seconds or as a date; null when there is neither. `nowMs`: since the epoch. */
export function readRetryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
): number | null {
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (Number.isFinite(exact)) return bounded(exact)
  const value = headers['retry-after']
  if (typeof value !== 'string') return null
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return bounded(seconds * 1_000)
  const instant = Date.parse(value)
  return Number.isNaN(instant) ? null : bounded(instant - nowMs)
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.round(ms)), retryAfterMsMax)
}
