import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { ReadyIterator } from '@parley/chassis/values/ready-values.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { framesWithoutRun, responseStart } from '../domain/frame-numbering.ts'
import { responseEnd } from '../domain/outcome.ts'
import { isTerminal } from '../domain/response-lifecycle.ts'
import type { LiveRun, LiveRuns } from './live-runs.ts'
import type { FollowQuery, FrameLog, ResponseRecord, ResponseStore, Runners } from './ports.ts'

export interface FollowResponsePorts {
  runs: LiveRuns
  store: ResponseStore
  log: FrameLog
  /** Null when this process is the only one. */
  runners: Runners | null
  clock: Clock
  timers: Timers
}

/** Frames until `response-end`. `return` may be called at any time, also while a frame is waited for. */
export type FrameReader = ReadyIterator<Frame> & AsyncIterableIterator<Frame, undefined>
export type FollowResponse = (context: CallContext, query: FollowQuery) => FrameReader

/** A response usually arrives within moments of its acceptance; only then is the store asked. */
const arrivalMs = { alone: 100, withSiblings: 20 }
const pollMs = 100
const pollMaxMs = 1_600

/**
 * Frames of a response with numbers above `after`, from wherever they are: the memory of a run in this process, another
 * process that runs it, or the log. Another tenant's response is one that does not exist, and takes as long to find out. Throws RESPONSE_NOT_FOUND.
 */
export function createFollowResponse(ports: FollowResponsePorts): FollowResponse {
  return (context, query) => new ResponseFollower(ports, context, query)
}

/**
 *   searching ──run here──▶ attached ──overtaken, logged──▶ searching
 *      │ ▲ │                   │
 *      │ │ └─run elsewhere──▶ passing on ──broken, logged──▶ searching, from now on in the log only
 *      ▼ │ nothing new         │
 *   paging the log ────────────┴─response-end─▶ closed ◀── return()
 */
class ResponseFollower implements FrameReader {
  readonly #ports: FollowResponsePorts
  readonly #context: CallContext
  readonly #query: FollowQuery
  readonly #startedAtMs: number
  #nextSeq: number
  #run: LiveRun | null = null
  #passedOn: AsyncIterator<Frame> | null = null
  #mayPassOn: boolean
  #page: Frame[] = []
  #closed = false
  #wake: (() => void) | null = null
  #searches = 0

  constructor(ports: FollowResponsePorts, context: CallContext, query: FollowQuery) {
    this.#ports = ports
    this.#context = context
    this.#mayPassOn = ports.runners !== null
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
      this.#passedOn?.return?.().catch(ignoreAfterEnd)
      this.#wake?.()
    }
    return { done: true, value: undefined }
  }

  async #advance(): Promise<IteratorResult<Frame, undefined>> {
    while (!this.#closed) {
      const ready = this.ready()
      if (ready !== undefined) return { done: false, value: ready }
      const frame = this.#page.shift() ?? (await this.#nextFrame())
      if (frame === undefined) continue
      this.#passed(frame)
      return { done: false, value: frame }
    }
    return { done: true, value: undefined }
  }

  #nextFrame(): Promise<Frame | undefined> | undefined {
    if (this.#passedOn !== null) return this.#passOn(this.#passedOn)
    return this.#run === null ? this.#search() : this.#read(this.#run)
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
      const { alone, withSiblings } = arrivalMs
      await this.#arrival(Math.min(this.#ports.runners === null ? alone : withSiblings, waitMs))
      if (this.#attach()) return undefined
    }
    const found = await this.#ports.store.find(responseId)
    // It may have arrived, and even ended, while the store was asked; what it told waits here for its follower.
    if (this.#attach()) return undefined
    if (found?.tenant === this.#context.principal.tenant) return this.#continue(found)
    const leftMs = waitMs - (this.#ports.clock.monotonicMs() - this.#startedAtMs)
    if (leftMs <= 0) throw notFound()
    // Its arrival here wakes at once; the store only knows of one that has arrived elsewhere.
    await this.#arrival(Math.min(pollMs * 2 ** (this.#searches - 1), pollMaxMs, leftMs))
    return undefined
  }

  #attach(): boolean {
    const run = this.#ports.runs.find(this.#query.responseId)
    if (run === undefined || run.claim.response.tenant !== this.#context.principal.tenant) return false
    // A run that failed is on its way out; what comes after it is in the store.
    if (run.feed.failure !== null && run.feed.logged) return false
    if (!run.feed.attach()) throw notFound()
    this.#run = run
    return true
  }

  /** A response that is not running here: its frames are in the log, or on their way. */
  async #continue(response: ResponseRecord): Promise<Frame | undefined> {
    const over = isTerminal(response.status) && response.pendingTurn === null
    if (await this.#findSibling(response)) return undefined
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

  /** True when another process runs the response and will tell of it. */
  async #findSibling({ responseId, owner, status, logged }: ResponseRecord): Promise<boolean> {
    const { runners, runs } = this.#ports
    // A plain response stays with its process until its follower has come, even when it has ended.
    const isThere = status === 'in_progress' || (!logged && isTerminal(status))
    if (runners === null || !this.#mayPassOn || owner === null || !isThere) return false
    if (runs.find(responseId) !== undefined) return false
    const frames = await runners.follow(this.#context, owner, { responseId, after: this.#nextSeq - 1, waitMs: 0 })
    this.#passedOn = frames?.[Symbol.asyncIterator]() ?? null
    return this.#passedOn !== null
  }

  async #passOn(frames: AsyncIterator<Frame>): Promise<Frame | undefined> {
    try {
      const { done, value } = await frames.next()
      if (done !== true) return value
      this.#closed = true
    } catch (error) {
      // What is logged can be read without the process that ran it; of anything else only how it ended.
      const response = await this.#ports.store.find(this.#query.responseId)
      if (response?.logged !== true && this.#nextSeq > this.#query.after + 1) throw error
      this.#passedOn = null
      this.#mayPassOn = false
    }
    return undefined
  }

  /** Nothing but its start and its end is missing: it was never run, or lost with its process before anyone read of it. */
  #saidNothing({ attempt, logged, outcome }: ResponseRecord): boolean {
    return attempt === 0 || (!logged && outcome?.finish === null && this.#nextSeq === 0)
  }

  #withoutRun(response: ResponseRecord): Frame[] {
    const { outcome, completedAt } = response
    if (outcome === null || completedAt === null) return []
    const frames = framesWithoutRun(responseStart(response), responseEnd(outcome, completedAt))
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

/** What a stream throws while it unwinds was told to its reader, or has none. */
function ignoreAfterEnd(): void {}

function notFound(): AppError {
  return new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
}

function framesGone(): AppError {
  return new AppError('RESPONSE_NOT_FOUND', 'The frames of this response were not kept.')
}

function elsewhere(): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'This response is not kept and runs in another process.')
}
