import { randomFillSync } from 'node:crypto'
import type { IdGenerator } from '@opentelemetry/sdk-trace'

/** Asking the system for random bytes costs more than the rest of an id, so they are fetched for many at once. */
const pool = Buffer.alloc(8 * 1_024)
let used = pool.length

/** Random ids; a trace can be given the id that it was sampled by. */
export class SpanIds implements IdGenerator {
  #chosen: string | null = null

  /** What the next trace is called. */
  choose(traceId: string): void {
    this.#chosen = traceId
  }

  generateTraceId(): string {
    const chosen = this.#chosen
    this.#chosen = null
    return chosen ?? this.newTraceId()
  }

  generateSpanId(): string {
    return randomHex(8)
  }

  newTraceId(): string {
    return randomHex(16)
  }
}

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  const text = pool.toString('hex', used - bytes, used)
  // Ids of zeros are not valid.
  return /[^0]/.test(text) ? text : randomHex(bytes)
}
