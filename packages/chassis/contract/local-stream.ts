import type { CallLog } from '../telemetry/log-calls.ts'
import type { CallMeter } from '../telemetry/metrics/call-metrics.ts'
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
  /** Told once how the stream has ended. */
  meter: CallMeter | null
  log: { readonly log: CallLog; readonly call: string } | null
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
  #startedMs = 0

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
      this.#leave(error)
      return
    }
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#leave(callerGone)
    return over
  }

  #fail(error: unknown): Promise<never> {
    this.#failure = null
    return Promise.reject(error)
  }

  async #begin(): Promise<IteratorResult<unknown, undefined>> {
    this.#startedMs = performance.now()
    try {
      this.#stream = await this.#options.open()
    } catch (error) {
      this.#isOver = true
      this.#options.meter?.ended(this.#startedMs, error)
      throw error
    }
    this.#forget = this.#stream.scope.onEnd((reason) => this.#rejectPending?.(reason))
    return this.#advance(this.#stream)
  }

  #advance({ scope, frames }: OpenStream): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        this.#rejectPending = null
        this.#leave(error)
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
          this.#close(null)
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
  #leave(reason: unknown): void {
    const stream = this.#stream
    if (this.#isOver || stream === null) {
      this.#isOver = true
      return
    }
    this.#close(reason)
    stream.scope.end(callerGone)
    stream.frames.return?.().catch(ignoreAfterEnd)
  }

  #close(failure: unknown): void {
    this.#isOver = true
    const { meter, log } = this.#options
    meter?.ended(this.#startedMs, failure)
    this.#forget?.()
    if (this.#stream === null) return
    const { scope } = this.#stream
    if (failure !== null) scope.failed(failure)
    scope.close()
    log?.log.answered(log.call, scope, this.#startedMs, failure)
  }
}

/** The stream's own end was already reported to the caller; what the callee throws while it unwinds adds nothing. */
function ignoreAfterEnd(): void {}
