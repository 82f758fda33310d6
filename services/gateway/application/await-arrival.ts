import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Response } from '@parley/response/contract.ts'
import type { ResponseClient, Sleep } from './ports.ts'

export interface AwaitArrivalPorts {
  responses: Pick<ResponseClient, 'getResponse'>
  sleep: Sleep
}

export type AwaitArrival = (context: CallContext, query: { responseId: string }) => Promise<Response | null>

/** About three seconds in all: an event that was just published is mostly there at once. */
const retryDelaysMs = [5, 10, 20, 50, 100, 250, 500, 1_000, 1_000]

/**
 * A response that was accepted a moment ago, as soon as the service that runs it knows of it, so that whoever learns its
 * id finds it there. Null when it has not arrived in time; it is on its way all the same.
 */
export function createAwaitArrival({ responses, sleep }: AwaitArrivalPorts): AwaitArrival {
  return async function awaitArrival(context, query) {
    for (const delayMs of [0, ...retryDelaysMs]) {
      if (delayMs > 0) await sleep(delayMs)
      try {
        return await responses.getResponse(context, query)
      } catch (error) {
        if (!(error instanceof AppError) || !(error.code === 'RESPONSE_NOT_FOUND' || error.retryable)) throw error
      }
    }
    return null
  }
}
