import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Response } from '../contract.ts'
import { isTerminal } from '../domain/response-lifecycle.ts'
import type { KeepResponses } from './keep-responses.ts'
import type { ContentStore, KeptCompletions } from './ports.ts'

export interface KeepCompletionsPorts {
  responses: Pick<KeepResponses, 'getResponse'>
  completions: KeptCompletions
  contents: ContentStore
  transactor: Transactor
}

interface ListQuery {
  readonly after?: string
  readonly limit: number
  readonly order: 'asc' | 'desc'
  readonly model?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** So many are looked at per page when metadata decides; beyond them the page ends early, and says that more follow. */
const lookedAtMax = 1_000

/** What chat clients do with the completions they had stored. */
export function createKeepCompletions({ responses, completions, contents, transactor }: KeepCompletionsPorts) {
  return { listCompletions, updateMetadata }

  /** Throws RESPONSE_NOT_FOUND when `after` is not the tenant's. */
  async function listCompletions(
    context: CallContext,
    { after, limit, order, model, metadata = {} }: ListQuery,
  ): Promise<{ data: Response[]; hasMore: boolean }> {
    if (after !== undefined) await responses.getResponse(context, { responseId: after })
    const { tenant } = context.principal
    const data: Response[] = []
    let cursor = after ?? null
    for (let lookedAt = 0; lookedAt < lookedAtMax; ) {
      const ids = await completions.list({ tenant, after: cursor, order, limit: limit + 1, model: model ?? null })
      for (const responseId of ids) {
        const response = await find(context, responseId)
        if (response === null || !hasAll(response.metadata, metadata)) continue
        if (data.length === limit) return { data, hasMore: true }
        data.push(response)
      }
      lookedAt += ids.length
      if (ids.length <= limit) return { data, hasMore: false }
      cursor = ids.at(-1) ?? null
    }
    return { data, hasMore: true }
  }

  /** Throws RESPONSE_NOT_FOUND, INVALID_REQUEST while the response runs. */
  async function updateMetadata(
    context: CallContext,
    { responseId, metadata }: { responseId: string; metadata: Record<string, string> },
  ): Promise<Response> {
    const response = await responses.getResponse(context, { responseId })
    if (!isTerminal(response.status)) {
      throw new AppError('INVALID_REQUEST', 'The response is still running. Change its metadata once it has ended.')
    }
    const { instructions, options } = response
    await transactor.transaction(
      (tx) => contents.putDetails(tx, responseId, { instructions, options, metadata }),
      context,
    )
    return { ...response, metadata }
  }

  /** Null for one that was deleted meanwhile. */
  async function find(context: CallContext, responseId: string): Promise<Response | null> {
    try {
      return await responses.getResponse(context, { responseId })
    } catch (error) {
      if (error instanceof AppError && error.code === 'RESPONSE_NOT_FOUND') return null
      throw error
    }
  }
}

function hasAll(metadata: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(metadata, name) && metadata[name] === value)
}
