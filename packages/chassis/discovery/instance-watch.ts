import type { Timers } from '../values/timers.ts'
import type { Answer, InstanceSource } from './instance-source.ts'

export interface InstanceWatchOptions {
  readonly source: InstanceSource
  readonly timers: Timers
  readonly onAnswer: (answer: Answer) => void
  /** Told at every failure; what was answered last stays in use. */
  readonly onFailure: (problem: string, failures: number) => void
}

const failureDelayMs = { first: 500, max: 10_000 }

/**
 *   asking ──answered──▶ resting for as long as the answer is valid ──▶ asking
 *      └────failed─────▶ resting, longer each time ──▶ asking
 *
 * The last good answer outlives any number of failures: a register that is down says nothing about the instances.
 */
export class InstanceWatch {
  readonly #options: InstanceWatchOptions
  readonly #stop = new AbortController()
  #failures = 0
  #cancelTimer: () => void = () => {}

  constructor(options: InstanceWatchOptions) {
    this.#options = options
  }

  start(): void {
    void this.#ask()
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelTimer()
  }

  async #ask(): Promise<void> {
    const { source, onAnswer, onFailure } = this.#options
    const { signal } = this.#stop
    try {
      const answer = await source.next(signal)
      if (signal.aborted) return
      this.#failures = 0
      onAnswer(answer)
      this.#again(answer.validForMs)
    } catch (error) {
      if (signal.aborted) return
      this.#failures++
      onFailure(error instanceof Error ? error.message : 'failed', this.#failures)
      this.#again(Math.min(failureDelayMs.first * 2 ** (this.#failures - 1), failureDelayMs.max))
    }
  }

  #again(delayMs: number): void {
    this.#cancelTimer = this.#options.timers.after(delayMs, () => void this.#ask())
  }
}
