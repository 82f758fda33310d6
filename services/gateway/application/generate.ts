import type { CallContext } from '@parley/chassis/values/context.ts'
import { type AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Accepted, RequestInput, SubmitRequest } from '@parley/request/contract.ts'
import type { FollowResponse } from './follow-response.ts'
import type { Departures, RequestClient, ResponseClient } from './ports.ts'

export interface GeneratePorts {
  requests: Pick<RequestClient, 'submit'>
  responses: Pick<ResponseClient, 'follow'>
  followResponse: FollowResponse
  departures: Departures
  newId: NewId
}

export interface GenerateWish {
  input: RequestInput
  idempotencyKey: string | null
  /** Called as soon as the request may have been accepted: from then on, sending it again could run it twice. */
  onAccepted: () => void
}

export interface Generation {
  readonly accepted: Accepted
  /** From `response-start` to `response-end`. Nothing is read before the first frame is asked for. */
  readonly frames: AsyncIterable<Frame>
}

export type Generate = ReturnType<typeof createGenerate>

/**
 * Has a request accepted and attaches to its response. Throws what `submit` throws; the frames throw what `follow`
 * throws.
 *
 * A plain response, to which nobody can come back, stops when its only follower leaves. A caller that leaves between the
 * acceptance and the first frame never became that follower, so someone else has to follow and leave in its place.
 */
export function createGenerate({ requests, responses, followResponse, departures, newId }: GeneratePorts) {
  return async function generate(context: CallContext, wish: GenerateWish): Promise<Generation> {
    const { input, idempotencyKey, onAccepted } = wish
    const submission = { ...input, idempotencyKey, submissionId: newId('req') }
    const isPlain = !input.store && idempotencyKey === null
    const accepted = await (isPlain ? submitToTheEnd(context, submission) : requests.submit(context, submission)).catch(
      (thrown: unknown): never => {
        const error = toAppError(thrown)
        if (mayHaveHappened(error)) onAccepted()
        throw error
      },
    )
    onAccepted()
    const query = { responseId: accepted.responseId, waitMs: startWaitMs }
    if (!isPlain) return { accepted, frames: followResponse(context, { ...query, accepted: true }) }
    const onAttached = departures.onGone(context, () => void followAndLeave(context, query))
    return { accepted, frames: followResponse(context, { ...query, accepted: true, onAttached }) }
  }

  /** Learns the response's id even when the caller leaves meanwhile. */
  async function submitToTheEnd(context: CallContext, submission: SubmitRequest): Promise<Accepted> {
    const scope = departures.outlive(context)
    try {
      return await requests.submit(scope, submission)
    } finally {
      scope.close()
    }
  }

  async function followAndLeave(context: CallContext, query: { responseId: string; waitMs: number }): Promise<void> {
    const scope = departures.outlive(context)
    try {
      for await (const _ of responses.follow(scope, { ...query, after: -1 })) break
    } catch {
      // It had a follower after all, or cannot be reached; a response that nobody follows ends by itself before long.
    } finally {
      scope.close()
    }
  }
}

/** For an accepted request to reach the service that runs it. */
const startWaitMs = 30_000

function mayHaveHappened({ kind }: AppError): boolean {
  return kind === 'timeout' || kind === 'unknown-outcome'
}
