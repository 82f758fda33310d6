import { AppError } from '../values/errors.ts'

export interface PostgresReachabilityOptions {
  /** Asks the server for next to nothing; rejects when it cannot be asked. */
  readonly ask: () => Promise<unknown>
  /** On a monotonic clock. */
  readonly nowMs: () => number
}

/** How old an answer may be before the server is asked again. */
const freshMs = 2_000

/**
 * Whether the server can be used, as last seen. Looking costs nothing: an answer that has grown old is renewed in the
 * background, so what is told is at most one look late.
 */
export class PostgresReachability {
  readonly #options: PostgresReachabilityOptions
  #reason: string | null = null
  #askedAtMs = Number.NEGATIVE_INFINITY
  #isAsking = false

  constructor(options: PostgresReachabilityOptions) {
    this.#options = options
  }

  /** Why the server cannot be used, in words for the operator; null while it can. */
  reason(): string | null {
    const { nowMs } = this.#options
    if (!this.#isAsking && nowMs() - this.#askedAtMs >= freshMs) void this.#ask()
    return this.#reason
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    try {
      await this.#options.ask()
      this.#reason = null
    } catch (error) {
      this.#reason = reasonOf(error)
    }
    this.#askedAtMs = this.#options.nowMs()
    this.#isAsking = false
  }
}

/** Connections that are all in use are a matter of load, not of the server. */
function reasonOf(error: unknown): string | null {
  if (error instanceof AppError && error.code === 'OVERLOADED') return null
  const cause = error instanceof AppError && error.cause instanceof Error ? error.cause : error
  return `cannot be used: ${cause instanceof Error ? cause.message : 'it did not say why'}`
}
