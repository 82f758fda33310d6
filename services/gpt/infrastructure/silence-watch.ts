/**
 * Notices when nothing has brought an answer forward for too long. Costs one timer per answer, not one per delta: when
 * it fires, it finds out how long the silence has really been.
 */
export class SilenceWatch {
  readonly #onSilence: () => void
  readonly #isExcused: () => boolean
  #timer: NodeJS.Timeout | null = null
  #progressAtMs = 0
  #limitMs = 0

  /** While `isExcused` there is no silence: the consumer makes the provider wait. */
  constructor({ onSilence, isExcused }: { onSilence: () => void; isExcused: () => boolean }) {
    this.#onSilence = onSilence
    this.#isExcused = isExcused
  }

  /** Begins to watch, or goes on with another limit; either way the silence starts anew. */
  watch(limitMs: number): void {
    this.stop()
    this.#limitMs = limitMs
    this.progress()
    this.#timer = setTimeout(this.#check, limitMs)
  }

  progress(): void {
    this.#progressAtMs = performance.now()
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  readonly #check = (): void => {
    const leftMs = this.#leftMs()
    // After a busy spell timers run before sockets are read: what has already arrived still counts.
    if (leftMs <= 0) setImmediate(this.#conclude)
    else this.#timer = setTimeout(this.#check, leftMs)
  }

  readonly #conclude = (): void => {
    if (this.#timer === null) return
    const leftMs = this.#leftMs()
    if (leftMs <= 0) this.#onSilence()
    else this.#timer = setTimeout(this.#check, leftMs)
  }

  #leftMs(): number {
    return this.#isExcused() ? this.#limitMs : this.#limitMs - (performance.now() - this.#progressAtMs)
  }
}
