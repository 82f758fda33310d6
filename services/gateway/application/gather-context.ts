import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Response } from '@parley/response/contract.ts'
import type { ResponseClient, SessionClient } from './ports.ts'

export interface GatherContextPorts {
  sessions: Pick<SessionClient, 'buildContext'>
  responses: Pick<ResponseClient, 'getResponse' | 'listInputItems'>
}

export interface Continuation {
  readonly sessionId: string | null
  readonly previousResponseId: string | null
}

export type GatherContext = (context: CallContext, continuation: Continuation) => Promise<Item[]>

const tokensMax = 10_000_000
const chainResponsesMax = 1_000
const pageItemsMax = 100

/**
 * What a new turn would follow upon, oldest first. Throws SESSION_NOT_FOUND, PREVIOUS_RESPONSE_NOT_FOUND. A chain ends
 * where a response of it was deleted.
 */
export function createGatherContext({ sessions, responses }: GatherContextPorts): GatherContext {
  return async function gatherContext(context, { sessionId, previousResponseId }) {
    if (sessionId !== null) return (await sessions.buildContext(context, { sessionId, tokensMax })).items
    const turns: Item[][] = []
    let responseId = previousResponseId
    for (let count = 0; responseId !== null && count < chainResponsesMax; count++) {
      const response = await find(context, responseId)
      if (response === null) {
        if (count === 0) throw previousResponseNotFound()
        break
      }
      // A failed turn is as if it had not been.
      if (response.status !== 'failed') turns.push([...(await inputOf(context, responseId)), ...response.output])
      responseId = response.previousResponseId
    }
    return turns.reverse().flat()
  }

  async function find(context: CallContext, responseId: string): Promise<Response | null> {
    try {
      return await responses.getResponse(context, { responseId })
    } catch (error) {
      if (error instanceof AppError && error.code === 'RESPONSE_NOT_FOUND') return null
      throw error
    }
  }

  async function inputOf(context: CallContext, responseId: string): Promise<Item[]> {
    const items: Item[] = []
    for (let after: string | undefined, more = true; more; ) {
      const query = { responseId, limit: pageItemsMax, order: 'asc' as const, ...(after !== undefined && { after }) }
      const page = await responses.listInputItems(context, query)
      items.push(...page.data)
      after = page.data.at(-1)?.id
      more = page.hasMore && after !== undefined
    }
    return items
  }
}

function previousResponseNotFound(): AppError {
  return new AppError('PREVIOUS_RESPONSE_NOT_FOUND', 'There is no stored response with this id.', {
    param: 'previous_response_id',
  })
}
