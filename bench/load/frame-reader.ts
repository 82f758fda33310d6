import { readStamps } from './stamps.ts'

/**
 * Reads one server-sent event stream as it arrives and keeps account of its stamped frames. A frame is a stamp: a subject
 * may merge two chunks into one event without losing a frame, and may not drop, repeat or reorder one.
 */
export class FrameReader {
  readonly #expected: number
  #rest = ''
  #nextIndex = 0
  #missing = 0
  #misplaced = 0
  /** Milliseconds between the upstream's instant and the arrival, per frame. */
  readonly latenessMs: number[] = []
  /** Instant of the first frame's arrival; null before it. */
  firstFrameUs: number | null = null
  /** True once the terminal `[DONE]` was read. */
  done = false

  constructor(expected: number) {
    this.#expected = expected
  }

  push(chunk: Buffer, arrivedUs: number): void {
    this.#rest += chunk.toString('latin1')
    const end = this.#rest.lastIndexOf('\n\n')
    if (end === -1) return
    const events = this.#rest.slice(0, end)
    this.#rest = this.#rest.slice(end + 2)
    for (const stamp of readStamps(events)) this.#take(stamp.index, arrivedUs - stamp.sentUs, arrivedUs)
    if (events.endsWith('data: [DONE]')) this.done = true
  }

  /** Frames of the stream that never came, as it stands now. */
  get lost(): number {
    return this.#missing + Math.max(0, this.#expected - this.#nextIndex)
  }

  /** Frames that came twice or after a later one. */
  get misplaced(): number {
    return this.#misplaced
  }

  get complete(): boolean {
    return this.done && this.lost === 0 && this.misplaced === 0
  }

  #take(index: number, latenessUs: number, arrivedUs: number): void {
    if (index < this.#nextIndex) {
      this.#misplaced += 1
      return
    }
    this.#missing += index - this.#nextIndex
    this.#nextIndex = index + 1
    this.firstFrameUs ??= arrivedUs
    this.latenessMs.push(latenessUs / 1_000)
  }
}
