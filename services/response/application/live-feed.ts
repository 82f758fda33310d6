import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { itemText } from '@parley/kernel/items.ts'

/**
 * Frames of a running response in the memory of the process that runs it.
 *
 * Invariants: frames come in order and without gaps; memory is bounded by `charsMax` plus one frame; after `end` or
 * `fail` nothing is added. A logged feed drops its oldest frames, which followers then read from the log, so a slow one
 * never holds the run. A plain feed has the only copy: it serves one follower, drops what that one has read, and makes
 * the run wait when it is full.
 */
export class LiveFeed {
  readonly logged: boolean
  readonly #charsMax: number
  #frames: Frame[] = []
  #head = 0
  #chars = 0
  #ended = false
  #failure: AppError | null = null
  #hasFollower = false
  #readers: (() => void)[] = []
  #writer: (() => void) | null = null

  constructor(options: { logged: boolean; charsMax: number }) {
    this.logged = options.logged
    this.#charsMax = options.charsMax
  }

  /** Null while the feed may still grow or be read to its end. */
  get failure(): AppError | null {
    return this.#failure
  }

  get ended(): boolean {
    return this.#ended
  }

  get hasFollower(): boolean {
    return this.#hasFollower
  }

  push(frame: Frame): void {
    this.#frames.push(frame)
    this.#chars += sizeOf(frame)
    if (this.logged) while (this.#chars > this.#charsMax && this.#head < this.#frames.length - 1) this.#dropOldest()
    this.#wakeReaders()
  }

  /** Undefined when there is room for more; otherwise a promise that resolves once there is, or when the run stops. */
  room(): Promise<void> | undefined {
    if (this.logged || this.#chars <= this.#charsMax || this.#isOver()) return undefined
    return new Promise((resolve) => {
      this.#writer = resolve
    })
  }

  /** Lets go of a run that waits for room and has been stopped. */
  wakeWriter(): void {
    const writer = this.#writer
    this.#writer = null
    writer?.()
  }

  end(): void {
    this.#ended = true
    this.#wakeReaders()
    this.wakeWriter()
  }

  /** Followers get `reason` after the frames that they can still read. */
  fail(reason: AppError): void {
    if (this.#isOver()) return
    this.#failure = reason
    this.end()
  }

  /** False when a plain feed has, or had, its follower. */
  attach(): boolean {
    if (this.#hasFollower && !this.logged) return false
    this.#hasFollower = true
    return true
  }

  /** The frame numbered `seq`; `dropped` when it is only in the log by now; undefined when it does not exist yet. */
  at(seq: number): Frame | 'dropped' | undefined {
    const oldest = this.#frames[this.#head]
    if (oldest === undefined) return undefined
    if (seq < oldest.seq) return 'dropped'
    const frame = this.#frames[this.#head + seq - oldest.seq]
    if (frame !== undefined && !this.logged) {
      for (let read = oldest.seq; read <= seq; read++) this.#dropOldest()
      if (this.#chars <= this.#charsMax) this.wakeWriter()
    }
    return frame
  }

  /** Calls back once, at the next change. */
  onChange(wake: () => void): void {
    this.#readers.push(wake)
  }

  #isOver(): boolean {
    return this.#ended || this.#failure !== null
  }

  #dropOldest(): void {
    const oldest = this.#frames[this.#head]
    if (oldest === undefined) return
    this.#chars -= sizeOf(oldest)
    this.#head++
    // Moving the rest up each time would cost the square of a long answer's length.
    if (this.#head > 64 && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head)
      this.#head = 0
    }
  }

  #wakeReaders(): void {
    if (this.#readers.length === 0) return
    const readers = this.#readers
    this.#readers = []
    for (const wake of readers) wake()
  }
}

const frameOverheadChars = 100

function sizeOf({ step }: Frame): number {
  if ('delta' in step) return step.delta.length + frameOverheadChars
  if (step.type === 'item-end') return itemText(step.item).length + frameOverheadChars
  return frameOverheadChars
}
