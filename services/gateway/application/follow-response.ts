import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { ResponseClient, Sleep } from './ports.ts'

export interface FollowResponsePorts {
  responses: Pick<ResponseClient, 'follow'>
  sleep: Sleep
}

export interface FollowQuery {
  responseId: string
  waitMs: number
  /** Called when the first frame has come. */
  onAttached?: () => void
}

export type FollowResponse = ReturnType<typeof createFollowResponse>

/**
 * The frames of a response from the first to `response-end`, numbered without a gap. When the connection to the response
 * breaks, it is taken up again after the last frame that came; while no frame comes, only so often.
 */
export function createFollowResponse({ responses, sleep }: FollowResponsePorts) {
  return async function* followResponse(
    context: CallContext,
    { responseId, waitMs, onAttached }: FollowQuery,
  ): AsyncGenerator<Frame, void> {
    let last = -1
    let failures = 0
    let hasEnded = false
    while (true) {
      try {
        for await (const frame of responses.follow(context, { responseId, after: last, waitMs })) {
          if (frame.seq <= last) continue
          if (frame.seq !== last + 1) throw gap(last, frame.seq)
          if (last === -1) onAttached?.()
          last = frame.seq
          failures = 0
          hasEnded = frame.step.type === 'response-end'
          yield frame
        }
        if (hasEnded) return
        throw new AppError('OUTCOME_UNKNOWN', 'The response broke off before it ended. It may still be running.')
      } catch (thrown) {
        if (hasEnded) return
        const error = toAppError(thrown)
        const delayMs = retryDelaysMs[failures]
        if (!mayTakeUpAgain(error) || delayMs === undefined || context.deadline.remainingMs() <= delayMs) throw error
        failures += 1
        await sleep(delayMs)
      }
    }
  }
}

/** About eight seconds in all: what a service needs to be restarted. */
const retryDelaysMs = [50, 100, 250, 500, 1_000, 2_000, 4_000]

function mayTakeUpAgain(error: AppError): boolean {
  return error.kind === 'unavailable' || error.kind === 'unknown-outcome' || error.code === 'OVERLOADED'
}

function gap(last: number, seq: number): AppError {
  return new AppError('CONTRACT_VIOLATED', `Frames of the response are missing between ${last} and ${seq}.`)
}
