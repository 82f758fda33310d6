/** Time as services see it. Only the composition root makes a real one; tests hold a fake. */
export interface Clock {
  /** Milliseconds since the epoch. May jump: never use it to measure a duration. */
  now(): number
  /** Milliseconds on a clock that only moves forward; meaningful only as a difference. */
  monotonicMs(): number
}
