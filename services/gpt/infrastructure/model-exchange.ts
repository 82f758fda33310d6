import { TextDecoder } from 'node:util'
import { callerGone, onAbort } from '@parley/chassis/contract/call-scope.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { AppError } from '@parley/chassis/values/errors.ts'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import type { Dispatcher } from 'undici'
import type { ModelStep } from '../application/ports.ts'
import type { AnswerDialect, DecodeOptions, StreamDecoder } from './answer-dialect.ts'
import { garbled, stalled, statusFailure, transportFailure } from './provider-failures.ts'
import { readRetryAfterMs } from './retry-after.ts'
import { SilenceWatch } from './silence-watch.ts'
import { StepQueue } from './step-queue.ts'

export interface ExchangeOptions extends DecodeOptions {
  readonly dialect: AnswerDialect
  readonly incremental: boolean
  /** Its end stops the exchange. */
  readonly context: CallContext
  readonly timeouts: ExchangeTimeouts
}

/** Upper bounds of silence. Only what brings the answer forward ends a silence; comments and empty deltas do not. */
export interface ExchangeTimeouts {
  /** From the call to the first delta of a stream. */
  readonly firstTokenMs: number
  /** Between two deltas, and between two pieces of a whole answer. */
  readonly idleMs: number
  /** For a whole answer. */
  readonly answerMs: number
}

const wholeBytesMax = 32 * 1024 * 1024
const streamBytesMax = 128 * 1024 * 1024
const lineCharsMax = 10 * 1024 * 1024
const failureBytesMax = 64 * 1024
/** How long usage may follow the finish reason, and the end of the input the stream's own end. */
const tailMs = 2_000

/**
 * One call of a model: receives the answer from undici and hands its steps to `steps`.
 *
 *   waiting --headers--> events | whole | failure --end of input--> settled
 *   events --the stream's own end--> draining --end of input--> settled
 *   any --error, abort, time-out, consumer left--> settled
 */
export class ModelExchange implements Dispatcher.DispatchHandler {
  readonly steps: StepQueue<ModelStep>
  readonly #options: ExchangeOptions
  #controller: Dispatcher.DispatchController | null = null
  #state: 'waiting' | 'events' | 'whole' | 'failure' | 'draining' | 'settled' = 'waiting'
  #decoder: StreamDecoder | null = null
  #parser: EventSourceParser | null = null
  #utf8: TextDecoder | null = null
  #status = 0
  #retryAfterMs: number | null = null
  #chunks: Buffer[] = []
  #bytes = 0
  #hasBegun = false
  #forgetContext: () => void = () => {}
  readonly #silence: SilenceWatch

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#silence = new SilenceWatch({
      onSilence: this.#onSilence,
      isExcused: () => this.#controller?.paused === true && this.#state === 'events',
    })
    this.steps = new StepQueue({
      pause: () => this.#controller?.pause(),
      resume: () => {
        this.#silence.progress()
        this.#controller?.resume()
      },
      stop: () => {
        // Once the answer is complete, the connection is worth keeping.
        if (this.#state !== 'draining') this.#stop(callerGone)
      },
    })
  }

  /** Starts the clock; call it before `dispatch`. */
  start(): void {
    const { context, incremental, timeouts } = this.#options
    this.#forgetContext = onAbort(context, (reason) => this.#stop(reason))
    this.#silence.watch(incremental ? timeouts.firstTokenMs : timeouts.answerMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#state === 'settled') controller.abort(new Error('the call had ended before it was sent'))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#state !== 'waiting') return
    const { provider } = this.#options
    this.#status = status
    const encoding = headers['content-encoding'] ?? 'identity'
    if (status >= 300) {
      this.#state = 'failure'
      this.#retryAfterMs = readRetryAfterMs(headers, Date.now())
    } else if (encoding !== 'identity') {
      this.#stop(garbled(provider, 'it compresses its answer although it was asked not to'))
    } else if (!this.#options.incremental || isJsonType(headers['content-type'])) {
      this.#state = 'whole'
    } else if (isEventStreamType(headers['content-type'])) {
      this.#state = 'events'
      this.#readEvents()
    } else {
      this.#stop(garbled(provider, 'its answer is neither JSON nor an event stream'))
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    switch (this.#state) {
      case 'events':
        this.#feed(chunk)
        return
      case 'whole':
        this.#chunks.push(chunk)
        if (this.#bytes > wholeBytesMax) this.#stop(garbled(this.#options.provider, 'its answer is too large'))
        return
      case 'failure':
        this.#chunks.push(chunk)
        if (this.#bytes > failureBytesMax) this.#stop(this.#readFailure())
        return
      case 'waiting':
      case 'draining':
      case 'settled':
        return
    }
  }

  onResponseEnd(): void {
    try {
      if (this.#state === 'events') this.steps.push(this.#decoder?.end() ?? [])
      else if (this.#state === 'whole') this.steps.push(this.#options.dialect.decodeWhole(this.#text(), this.#options))
      else if (this.#state === 'failure') throw this.#readFailure()
      this.#settle(null)
    } catch (error) {
      this.#settle(error)
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#state === 'events' && this.#decoder?.isFinished) {
      this.onResponseEnd()
      return
    }
    const answering = this.#state === 'events' || this.#state === 'whole'
    const failure =
      this.#state === 'failure'
        ? this.#readFailure()
        : transportFailure(error, { provider: this.#options.provider, answering })
    this.#settle(failure)
  }

  #readEvents(): void {
    this.#decoder = this.#options.dialect.openStream(this.#options)
    // The parser takes a leading BOM away itself; the decoder must not take a second one.
    this.#utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
    this.#parser = createParser({
      maxBufferSize: lineCharsMax,
      onEvent: (event) => this.#readEvent(event.data),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') throw garbled(this.#options.provider, 'an event is too large')
      },
    })
  }

  #feed(chunk: Buffer): void {
    try {
      if (this.#bytes > streamBytesMax) throw garbled(this.#options.provider, 'its stream is too large')
      this.#parser?.feed(this.#utf8?.decode(chunk, { stream: true }) ?? '')
      this.#flush()
    } catch (error) {
      this.#flush()
      this.#stop(error)
    }
  }

  #readEvent(data: string): void {
    const decoder = this.#decoder
    if (decoder === null || this.#state !== 'events') return
    const wasFinished = decoder.isFinished
    if (decoder.push(data)) this.#silence.progress()
    if (decoder.isDone) {
      this.steps.push(decoder.end())
      this.#drain()
    } else if (decoder.isFinished && !wasFinished) {
      this.#silence.watch(tailMs)
    }
  }

  #flush(): void {
    if (this.#state !== 'events' || this.#decoder === null) return
    const steps = this.#decoder.take()
    if (steps.length === 0) return
    this.steps.push(steps)
    if (!this.#hasBegun && !this.#decoder.isFinished) this.#silence.watch(this.#options.timeouts.idleMs)
    this.#hasBegun = true
  }

  #text(): string {
    const [only] = this.#chunks
    return this.#chunks.length === 1 && only !== undefined ? only.toString() : Buffer.concat(this.#chunks).toString()
  }

  #readFailure(): AppError {
    const answer = { status: this.#status, retryAfterMs: this.#retryAfterMs, body: this.#text() }
    return statusFailure(answer, this.#options.provider)
  }

  readonly #onSilence = (): void => {
    if (this.#state === 'events' && this.#decoder?.isFinished) {
      this.onResponseEnd()
      this.#controller?.abort(new Error('nothing followed the finish reason'))
    } else {
      this.#stop(stalled(this.#options.provider))
    }
  }

  /** The answer is complete; the connection is kept if the rest of the input comes soon. */
  #drain(): void {
    this.#state = 'draining'
    this.steps.end()
    this.#forgetContext()
    this.#silence.watch(tailMs)
  }

  /** Ends the exchange before the input has ended. */
  #stop(error: unknown): void {
    if (this.#state === 'settled') return
    this.#settle(error)
    this.#controller?.abort(error instanceof Error ? error : new Error('the call was stopped'))
  }

  #settle(error: unknown): void {
    if (this.#state === 'settled') return
    this.#state = 'settled'
    this.#silence.stop()
    this.#forgetContext()
    this.#chunks = []
    if (error === null) this.steps.end()
    else this.steps.fail(error)
  }
}

type HeaderValue = string | string[] | undefined

function isJsonType(type: HeaderValue): boolean {
  return typeof type === 'string' && type.toLowerCase().startsWith('application/json')
}

/** A missing type is taken for an event stream: it was asked for. */
function isEventStreamType(type: HeaderValue): boolean {
  return type === undefined || (typeof type === 'string' && type.toLowerCase().startsWith('text/event-stream'))
}
