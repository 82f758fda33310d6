import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Logger } from 'pino'
import type { SweepSessions } from '../application/sweep-sessions.ts'

export interface SweepTimerOptions {
  readonly sweep: SweepSessions
  readonly intervalMs: number
  readonly timers: Timers
  readonly log: Pick<Logger, 'info' | 'warn'>
}

/** Sweeps again and again, `intervalMs` after the end of the sweep before; a failed one is tried at the next time. */
export class SweepTimer {
  readonly #options: SweepTimerOptions
  readonly #stopped = new AbortController()
  #cancel: () => void = () => {}
  #running: Promise<void> = Promise.resolve()

  constructor(options: SweepTimerOptions) {
    this.#options = options
  }

  start(): void {
    const { timers, intervalMs } = this.#options
    this.#cancel = timers.after(intervalMs, () => {
      this.#running = this.#sweep()
    })
  }

  /** Resolves when a sweep under way has come to its end. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#cancel()
    await this.#running
  }

  async #sweep(): Promise<void> {
    const { sweep, log } = this.#options
    try {
      const sessionCount = await sweep(this.#stopped.signal)
      if (sessionCount > 0) log.info({ sessionCount }, 'unused sessions put aside')
    } catch (err) {
      log.warn({ err }, 'sweep of unused sessions failed')
    }
    if (!this.#stopped.signal.aborted) this.start()
  }
}
