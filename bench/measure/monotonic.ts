/** Microseconds of the machine's monotonic clock: the same in every process, so that one may stamp and another compare. */
export function monotonicUs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1_000_000 + nanoseconds / 1_000
}
