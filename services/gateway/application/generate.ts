import type { CallContext } from '@parley/chassis/values/context.ts'
import { type AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Accepted, RequestInput } from '@parley/request/contract.ts'
import type { FollowResponse } from './follow-response.ts'
import type { RequestClient } from './ports.ts'

export interface GeneratePorts {
  requests: Pick<RequestClient, 'submit'>
  followResponse: FollowResponse
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

/** Has a request accepted and attaches to its response. Throws what `submit` throws; the frames throw what `follow` throws. */
export function createGenerate({ requests, followResponse }: GeneratePorts) {
  return async function generate(context: CallContext, wish: GenerateWish): Promise<Generation> {
    const { input, idempotencyKey, onAccepted } = wish
    const accepted = await requests.submit(context, { ...input, idempotencyKey }).catch((thrown: unknown): never => {
      const error = toAppError(thrown)
      if (mayHaveHappened(error)) onAccepted()
      throw error
    })
    onAccepted()
    const { responseId } = accepted
    return { accepted, frames: followResponse(context, { responseId, waitMs: startWaitMs }) }
  }
}

/** For an accepted request to reach the service that runs it. */
const startWaitMs = 30_000

function mayHaveHappened({ kind }: AppError): boolean {
  return kind === 'timeout' || kind === 'unknown-outcome'
}
