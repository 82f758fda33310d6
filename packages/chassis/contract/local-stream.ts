import type { AppError } from '../values/errors.ts'
import { type ReadyIterator, takeReady } from '../values/ready-values.ts'
import { type CallScope, callerGone } from './call-scope.ts'

export interface OpenStream {
  readonly scope: CallScope
  readonly frames: AsyncIterator<unknown>
}

export interface LocalStreamOptions {
  /** Makes the call; asked at the first `next`. */
  open: () => OpenStream | Promise<OpenStream>
  /** Applied to every frame. */
  pass: (frame: unknown) => unknown
  /** Throws after a frame was delivered, when the stream is to break there. */
  afterFrame: (() => void) | null
}

const over: IteratorResult<unknown, undefined> = { done: true, value: undefined }

/**
 * The caller's end of a stream within a process. Written out by hand since every frame passes here: one listener serves
 * the whole stream, and a frame costs one promise.
 *
 *   idle ──next──▶ open ──callee's end, failure, scope's end, return──▶ over
 */
export class LocalStream implements ReadyIterator<unknown>, AsyncIterableIterator<unknown, undefined> {
  readonly #options: LocalStreamOptions
  #stream: OpenStream | null = null
  #isOver = false
  #delivered = false
  /** A frame that was ready and did not pass: the next `next` tells. */
  #failure: { readonly error: unknown } | null = null
  #rejectPending: ((reason: AppError) => void) | null = null
  #forget: (() => void) | null = null

  constructor(options: LocalStreamOptions) {
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#failure !== null) return this.#fail(this.#failure.error)
    if (this.#isOver) return Promise.resolve(over)
    return this.#stream === null ? this.#begin() : this.#advance(this.#stream)
  }

  ready(): unknown {
    const stream = this.#stream
    if (this.#isOver || stream === null || stream.scope.reason !== null || this.#options.afterFrame !== null) return
    const frame = takeReady(stream.frames)
    if (frame === undefined) return
    try {
      return this.#options.pass(frame)
    } catch (error) {
      this.#failure = { error }
      this.#leave()
      return
    }
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#leave()
    return over
  }

  #fail(error: unknown): Promise<never> {
    this.#failure = null
    return Promise.reject(error)
  }

  async #begin(): Promise<IteratorResult<unknown, undefined>> {
    try {
      this.#stream = await this.#options.open()
    } catch (error) {
      this.#isOver = true
      throw error
    }
    this.#forget = this.#stream.scope.onEnd((reason) => this.#rejectPending?.(reason))
    return this.#advance(this.#stream)
  }

  #advance({ scope, frames }: OpenStream): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        this.#rejectPending = null
        this.#leave()
        reject(error)
      }
      try {
        if (this.#delivered) this.#options.afterFrame?.()
      } catch (error) {
        return fail(error)
      }
      if (scope.reason !== null) return fail(scope.reason)
      this.#rejectPending = fail
      frames.next().then((result) => {
        if (this.#isOver) return
        this.#rejectPending = null
        if (result.done === true) {
          this.#close()
          resolve(over)
          return
        }
        try {
          const value = this.#options.pass(result.value)
          this.#delivered = true
          resolve({ done: false, value })
        } catch (error) {
          fail(error)
        }
      }, fail)
    })
  }

  /** The callee may be waiting for its next frame, where only its signal reaches it: end first, then return. */
  #leave(): void {
    const stream = this.#stream
    if (this.#isOver || stream === null) {
      this.#isOver = true
      return
    }
    this.#close()
    stream.scope.end(callerGone)
    stream.frames.return?.().catch(ignoreAfterEnd)
  }

  #close(): void {
    this.#isOver = true
    this.#forget?.()
    this.#stream?.scope.close()
  }
}

/** The stream's own end was already reported to the caller; what the callee throws while it unwinds adds nothing. */
function ignoreAfterEnd(): void {}
