import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Attempt, Response } from '../contract.ts'
import { isTerminal } from '../domain/response-lifecycle.ts'
import type { CancelResponse } from './cancel-response.ts'
import type { Content, ContentStore, FrameLog, RequestInputs, ResponseRecord, ResponseStore } from './ports.ts'

export interface KeepResponsesPorts {
  store: ResponseStore
  log: FrameLog
  contents: ContentStore
  inputs: RequestInputs
  transactor: Transactor
  cancelResponse: CancelResponse
}

interface InputItemsQuery {
  readonly responseId: string
  readonly after?: string
  readonly limit: number
  readonly order: 'asc' | 'desc'
}

export interface KeepResponses {
  getResponse(context: CallContext, query: { responseId: string }): Promise<Response>
  /** Also of a response that is not stored, while it is known. */
  listAttempts(context: CallContext, query: { responseId: string }): Promise<{ data: Attempt[] }>
  listInputItems(context: CallContext, query: InputItemsQuery): Promise<{ data: Item[]; hasMore: boolean }>
  cancel(context: CallContext, query: { responseId: string }): Promise<Response>
  deleteResponse(context: CallContext, query: { responseId: string }): Promise<Record<string, never>>
}

/**
 * What can be done with a response by its id. Only stored ones can be found, but for their attempts; another tenant's, a deleted one and one
 * that was never stored are all the same RESPONSE_NOT_FOUND.
 */
export function createKeepResponses(ports: KeepResponsesPorts): KeepResponses {
  const { store, log, contents, inputs, transactor, cancelResponse } = ports

  return {
    async getResponse(context, { responseId }) {
      const response = await findStored(context, responseId)
      return present(response, await contentOf(context, response))
    },

    async listAttempts(context, { responseId }) {
      await find(context, responseId)
      return { data: await store.listAttempts(responseId) }
    },

    async listInputItems(context, { responseId, after, limit, order }) {
      const response = await findStored(context, responseId)
      const { items } = await contentOf(context, response)
      const ordered = order === 'asc' ? items : items.toReversed()
      const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1
      if (after !== undefined && start === 0) {
        throw new AppError('ITEM_NOT_FOUND', 'The response has no input item with the id in after.', { param: 'after' })
      }
      return { data: ordered.slice(start, start + limit), hasMore: ordered.length > start + limit }
    },

    async cancel(context, { responseId }) {
      const running = await find(context, responseId)
      // The request forgets its input once the response has ended, so it is read before that.
      const content = await contentOf(context, running)
      if (!(await cancelResponse(context, responseId))) throw notFound()
      const response = await find(context, responseId)
      return present(response, response.store ? await contentOf(context, response) : content)
    },

    async deleteResponse(context, { responseId }) {
      const response = await findStored(context, responseId)
      if (!isOver(response) && !(await cancelResponse(context, responseId))) throw notFound()
      await transactor.transaction(async (tx) => {
        await store.markDeleted(tx, responseId)
        await contents.delete(tx, responseId)
        await log.delete(tx, responseId)
      }, context)
      return {}
    },
  }

  async function find({ principal }: CallContext, responseId: string): Promise<ResponseRecord> {
    const response = await store.find(responseId)
    if (response === undefined || response.tenant !== principal.tenant) throw notFound()
    return response
  }

  async function findStored(context: CallContext, responseId: string): Promise<ResponseRecord> {
    const response = await find(context, responseId)
    if (!response.store) throw notFound()
    return response
  }

  /** Before the first attempt has put it into the store, the content is still with the request. */
  async function contentOf(context: CallContext, { responseId, requestId, store }: ResponseRecord): Promise<Content> {
    const content = store ? await contents.find(responseId) : undefined
    if (content !== undefined) return content
    const input = await inputs.find(context, requestId)
    if (input === null) throw notFound()
    return { ...input, output: [] }
  }
}

function isOver(response: ResponseRecord): boolean {
  return isTerminal(response.status) && response.pendingTurn === null
}

/** A response whose session does not have its turn yet shows as running: its end must mean that the next may start. */
function present(response: ResponseRecord, { instructions, options, metadata, output }: Content): Response {
  const { responseId, requestId, model, sessionId, previousResponseId, store, attempt, createdAt } = response
  const over = isOver(response)
  const outcome = over ? response.outcome : null
  return {
    responseId,
    requestId,
    status: isTerminal(response.status) && !over ? 'in_progress' : response.status,
    model,
    sessionId,
    previousResponseId,
    instructions,
    options,
    metadata,
    store,
    output: over ? output : [],
    usage: outcome?.usage ?? null,
    failure: outcome?.failure ?? null,
    incompleteReason: outcome?.incompleteReason ?? null,
    attempt,
    createdAt,
    completedAt: over ? response.completedAt : null,
  }
}

function notFound(): AppError {
  return new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
}
