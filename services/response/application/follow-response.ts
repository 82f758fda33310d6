import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { ReadyIterator } from '@parley/chassis/values/ready-values.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { framesWithoutRun } from '../domain/frame-numbering.ts'
import { responseEnd } from '../domain/outcome.ts'
import { isTerminal } from '../domain/response-lifecycle.ts'
import type { LiveRun, LiveRuns } from './live-runs.ts'
import type { FrameLog, ResponseRecord, ResponseStore } from './ports.ts'

export interface FollowResponsePorts {
  runs: LiveRuns
  store: ResponseStore
  log: FrameLog
  clock: Clock
  timers: Timers
}

export interface FollowQuery {
  readonly responseId: string
  readonly after: number
  readonly waitMs: number
}

/** Frames until `response-end`. `return` may be called at any time, also while a frame is waited for. */
export type FrameReader = ReadyIterator<Frame> & AsyncIterableIterator<Frame, undefined>
export type FollowResponse = (context: CallContext, query: FollowQuery) => FrameReader

/** A response usually arrives within moments of its acceptance; only then is the store asked. */
const arrivalMs = 20
const pollMs = 100

/**
 * Frames of a response with numbers above `after`, from wherever they are: the memory of a run in this process, or the
 * log. Another tenant's response is one that does not exist, and takes as long to find out. Throws RESPONSE_NOT_FOUND.
 */
export function createFollowResponse(ports: FollowResponsePorts): FollowResponse {
  return (context, query) => new ResponseFollower(ports, context.principal.tenant, query)
}

/**
 *   searching ──run here──▶ attached ──overtaken, logged──▶ searching
 *      │ ▲                     │
 *      ▼ │ nothing new         │ response-end
 *   paging the log ────────────┴──▶ closed ◀── return()
 */
class ResponseFollower implements FrameReader {
  readonly #ports: FollowResponsePorts
  readonly #tenant: string
  readonly #query: FollowQuery
  readonly #startedAtMs: number
  #nextSeq: number
  #run: LiveRun | null = null
  #page: Frame[] = []
  #closed = false
  #wake: (() => void) | null = null
  #searches = 0

  constructor(ports: FollowResponsePorts, tenant: string, query: FollowQuery) {
    this.#ports = ports
    this.#tenant = tenant
    this.#query = query
    this.#startedAtMs = ports.clock.monotonicMs()
    this.#nextSeq = query.after + 1
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Frame, undefined>> {
    const frame = this.ready()
    return frame === undefined ? this.#advance() : Promise.resolve({ done: false, value: frame })
  }

  ready(): Frame | undefined {
    if (this.#closed || this.#page.length > 0) return undefined
    const frame = this.#run?.feed.at(this.#nextSeq)
    if (frame === undefined || frame === 'dropped') return undefined
    this.#passed(frame)
    return frame
  }

  async return(): Promise<IteratorResult<Frame, undefined>> {
    if (!this.#closed) {
      this.#closed = true
      const run = this.#run
      if (run !== null && !run.feed.logged) {
        if (run.isRunning) run.stop('abandoned', new AppError('CALL_CANCELLED', 'The only follower has gone.'))
        else this.#ports.runs.remove(run)
      }
      this.#wake?.()
    }
    return { done: true, value: undefined }
  }

  async #advance(): Promise<IteratorResult<Frame, undefined>> {
    while (!this.#closed) {
      const ready = this.ready()
      if (ready !== undefined) return { done: false, value: ready }
      const frame = this.#page.shift() ?? (await (this.#run === null ? this.#search() : this.#read(this.#run)))
      if (frame === undefined) continue
      this.#passed(frame)
      return { done: false, value: frame }
    }
    return { done: true, value: undefined }
  }

  #passed(frame: Frame): void {
    this.#nextSeq = frame.seq + 1
    if (frame.step.type === 'response-end') {
      this.#closed = true
      if (this.#run !== null && !this.#run.isRunning) this.#ports.runs.remove(this.#run)
    }
  }

  /** For a run in this process that has nothing ready: undefined after something has changed. */
  #read(run: LiveRun): Promise<Frame | undefined> | undefined {
    if (run.feed.at(this.#nextSeq) === 'dropped') return this.#turnPage()
    if (run.feed.failure !== null) {
      if (run.stopped !== 'overtaken' || !run.feed.logged) throw run.feed.failure
      this.#run = null
    } else if (run.feed.ended) {
      this.#closed = true
    } else {
      return new Promise((resolve) => {
        const wake = () => resolve(undefined)
        this.#wake = wake
        run.feed.onChange(wake)
      })
    }
    return undefined
  }

  async #turnPage(): Promise<Frame | undefined> {
    this.#page = await this.#ports.log.read(null, this.#query.responseId, this.#nextSeq - 1)
    return this.#page.shift()
  }

  async #search(): Promise<Frame | undefined> {
    const { responseId, waitMs } = this.#query
    this.#searches++
    if (this.#attach()) return undefined
    if (this.#searches === 1 && waitMs > 0) {
      await this.#arrival(Math.min(arrivalMs, waitMs))
      if (this.#attach()) return undefined
    }
    const found = await this.#ports.store.find(responseId)
    if (found?.tenant === this.#tenant) return this.#continue(found)
    const leftMs = waitMs - (this.#ports.clock.monotonicMs() - this.#startedAtMs)
    if (leftMs <= 0) throw notFound()
    await this.#arrival(Math.min(pollMs, leftMs))
    return undefined
  }

  #attach(): boolean {
    const run = this.#ports.runs.find(this.#query.responseId)
    if (run === undefined || run.claim.response.tenant !== this.#tenant) return false
    // A run that failed is on its way out; what comes after it is in the store.
    if (run.feed.failure !== null && run.feed.logged) return false
    if (!run.feed.attach()) throw notFound()
    this.#run = run
    return true
  }

  /** A response that is not running here: its frames are in the log, or on their way. */
  async #continue(response: ResponseRecord): Promise<Frame | undefined> {
    const over = isTerminal(response.status) && response.pendingTurn === null
    if (over && this.#saidNothing(response)) this.#page = this.#withoutRun(response)
    else if (response.logged && response.attempt > 0)
      this.#page = await this.#ports.log.read(null, response.responseId, this.#nextSeq - 1)
    else if (over) throw framesGone()
    else if (response.attempt > 0 && this.#ports.runs.find(response.responseId) === undefined) throw elsewhere()
    const frame = this.#page.shift()
    if (frame !== undefined) return frame
    if (over) this.#closed = true
    else await this.#arrival(pollMs)
    return undefined
  }

  /** Nothing but its start and its end is missing: it was never run, or lost with its process before anyone read of it. */
  #saidNothing({ attempt, logged, outcome }: ResponseRecord): boolean {
    return attempt === 0 || (!logged && outcome?.finish === null && this.#nextSeq === 0)
  }

  #withoutRun({ createdAt, model, outcome, completedAt }: ResponseRecord): Frame[] {
    if (outcome === null || completedAt === null) return []
    const frames = framesWithoutRun({ type: 'response-start', createdAt, model }, responseEnd(outcome, completedAt))
    return frames.filter(({ seq }) => seq >= this.#nextSeq)
  }

  /** Waits until the response arrives in this process, but no longer than the delay. */
  async #arrival(delayMs: number): Promise<void> {
    const { runs, timers } = this.#ports
    await new Promise<void>((resolve) => {
      const arrived = () => {
        cancel()
        forget()
        resolve()
      }
      const cancel = timers.after(delayMs, arrived)
      const forget = runs.onArrival(this.#query.responseId, arrived)
      this.#wake = arrived
    })
  }
}

function notFound(): AppError {
  return new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
}

function framesGone(): AppError {
  return new AppError('RESPONSE_NOT_FOUND', 'The frames of this response were not kept.')
}

function elsewhere(): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'This response is not kept and runs in another process.')
}
