import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { AuditedResponse, AuditResponses } from '../contract.ts'
import { isTerminal } from '../domain/response-lifecycle.ts'
import { sumUsage } from '../domain/usage-sum.ts'
import type { ResponseAudit, ResponseRecord, ResponseStore } from './ports.ts'

export interface AuditPorts {
  audit: ResponseAudit
  store: Pick<ResponseStore, 'listAttempts'>
}

/**
 * What the rows say of responses, by their ids or page by page, for those who compare records. A tenant sees its own; an
 * operator all, and only an operator can page. Throws SCOPE_MISSING.
 */
export function createAuditResponses({ audit, store }: AuditPorts) {
  return async function auditResponses(
    { principal }: CallContext,
    { responseIds, after = '', limit }: AuditResponses,
  ): Promise<{ data: AuditedResponse[]; hasMore: boolean }> {
    const isOperator = principal.scopes.includes('operator')
    if (responseIds !== undefined) {
      const found = await audit.findMany(responseIds)
      const visible = found.filter(({ tenant }) => isOperator || tenant === principal.tenant)
      return { data: await Promise.all(visible.map(toAudited)), hasMore: false }
    }
    if (!isOperator) {
      throw new AppError('SCOPE_MISSING', "Looking at the responses of every tenant needs the scope 'operator'.")
    }
    const page = await audit.list({ after, limit })
    return { data: await Promise.all(page.slice(0, limit).map(toAudited)), hasMore: page.length > limit }
  }

  async function toAudited(response: ResponseRecord): Promise<AuditedResponse> {
    const { tenant, responseId, requestId, sessionId, status, model, attempt, outcome, createdAt, completedAt } =
      response
    const attempts = attempt === 0 ? [] : await store.listAttempts(responseId)
    return {
      ...{ tenant, responseId, requestId, sessionId, status, model, attempt, createdAt, completedAt },
      attemptRows: attempts.length,
      provider: outcome?.provider ?? null,
      usage: outcome?.usage ?? null,
      lostUsage: sumUsage(attempts.flatMap(({ lostUsage }) => lostUsage ?? [])),
      turn: turnOf(response),
      isTurnOwed: isTerminal(status) && response.pendingTurn !== null,
    }
  }
}

/** Of a turn that was given to its session long ago, only what the outcome says of it is known. */
function turnOf({ sessionId, status, outcome, pendingTurn }: ResponseRecord): AuditedResponse['turn'] {
  if (sessionId === null || !isTerminal(status)) return 'none'
  if (pendingTurn !== null) return pendingTurn.length > 0 ? 'append' : 'free'
  return outcome !== null && outcome.finish !== null ? 'append' : 'free'
}
