import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import { type ReadyIterator, takeReady } from '@parley/chassis/values/ready-values.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { ResponseClient, Sleep } from './ports.ts'

export interface FollowResponsePorts {
  responses: Pick<ResponseClient, 'follow'>
  sleep: Sleep
}

export interface FollowQuery {
  responseId: string
  waitMs: number
  /** The request was accepted a moment ago: when its response is not found, it was lost with the process that ran it. */
  accepted?: boolean
  /** Called when the first frame has come. */
  onAttached?: () => void
}

export type FollowResponse = ReturnType<typeof createFollowResponse>

/**
 * The frames of a response from the first to `response-end`, numbered without a gap. When the connection to the response
 * breaks, it is taken up again after the last frame that came; while no frame comes, only so often.
 */
export function createFollowResponse(ports: FollowResponsePorts) {
  return (context: CallContext, query: FollowQuery): AsyncIterableIterator<Frame, undefined> =>
    new SteadyFrames(ports, context, query)
}

class SteadyFrames implements ReadyIterator<Frame>, AsyncIterableIterator<Frame, undefined> {
  readonly #ports: FollowResponsePorts
  readonly #context: CallContext
  readonly #query: FollowQuery
  /** The connection as it is now; null before the first frame is asked for, and after it broke. */
  #frames: AsyncIterator<Frame> | null = null
  #last = -1
  #failures = 0
  #hasEnded = false
  #isOver = false
  /** A frame that was ready and does not follow the last one: the next `next` tells. */
  #misplaced: Frame | null = null

  constructor(ports: FollowResponsePorts, context: CallContext, query: FollowQuery) {
    this.#ports = ports
    this.#context = context
    this.#query = query
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  ready(): Frame | undefined {
    if (this.#frames === null || this.#isOver) return undefined
    const frame = takeReady(this.#frames)
    if (frame === undefined) return undefined
    if (frame.seq === this.#last + 1) return this.#pass(frame)
    this.#misplaced = frame
    return undefined
  }

  async next(): Promise<IteratorResult<Frame, undefined>> {
    while (!this.#isOver) {
      try {
        this.#frames ??= this.#connect()
        const frame = this.#misplaced ?? (await this.#frames.next()).value
        if (this.#isNext(frame)) return { done: false, value: this.#pass(frame) }
      } catch (thrown) {
        await this.#afterBreak(toAppError(thrown))
      }
    }
    return over
  }

  async return(): Promise<IteratorResult<Frame, undefined>> {
    this.#isOver = true
    await this.#frames?.return?.()
    return over
  }

  #connect(): AsyncIterator<Frame> {
    const { responseId, waitMs } = this.#query
    return this.#ports.responses
      .follow(this.#context, { responseId, after: this.#last, waitMs })
      [Symbol.asyncIterator]()
  }

  /** False when there is nothing to pass on: a frame came again, or the end has been passed. */
  #isNext(frame: Frame | undefined): frame is Frame {
    this.#misplaced = null
    if (frame === undefined) {
      if (!this.#hasEnded) {
        throw new AppError('OUTCOME_UNKNOWN', 'The response broke off before it ended. It may still be running.')
      }
      this.#isOver = true
      return false
    }
    if (frame.seq > this.#last + 1) {
      void this.#frames?.return?.()
      throw gap(this.#last, frame.seq)
    }
    return frame.seq > this.#last
  }

  #pass(frame: Frame): Frame {
    if (this.#last === -1) this.#query.onAttached?.()
    this.#last = frame.seq
    this.#failures = 0
    this.#hasEnded = frame.step.type === 'response-end'
    return frame
  }

  async #afterBreak(error: AppError): Promise<void> {
    this.#frames = null
    if (this.#hasEnded) {
      this.#isOver = true
      return
    }
    const delayMs = retryDelaysMs[this.#failures]
    if (!mayTakeUpAgain(error) || delayMs === undefined || this.#context.deadline.remainingMs() <= delayMs) {
      this.#isOver = true
      throw this.#query.accepted === true && error.code === 'RESPONSE_NOT_FOUND' ? lost() : error
    }
    this.#failures += 1
    await this.#ports.sleep(delayMs)
  }
}

const over: IteratorResult<Frame, undefined> = { done: true, value: undefined }

/** About eight seconds in all: what a service needs to be restarted. */
const retryDelaysMs = [50, 100, 250, 500, 1_000, 2_000, 4_000]

function mayTakeUpAgain(error: AppError): boolean {
  return error.kind === 'unavailable' || error.kind === 'unknown-outcome' || error.code === 'OVERLOADED'
}

/** Its client holds no id by which it could ask again, and was never told that there is no such response. */
function lost(): AppError {
  return new AppError(
    'OUTCOME_UNKNOWN',
    'The request was accepted, but the process that ran it ended and its answer with it. Store responses, or send an idempotency-key, to be able to come back for them.',
  )
}

function gap(last: number, seq: number): AppError {
  return new AppError('CONTRACT_VIOLATED', `Frames of the response are missing between ${last} and ${seq}.`)
}
