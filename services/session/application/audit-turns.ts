import { AppError } from '@parley/chassis/values/errors.ts'
import type { SessionCalls } from '../contract.ts'
import type { TurnAudit } from './ports.ts'

/**
 * What the rows say of turns, by their names or page by page, for those who compare records. A tenant sees its own; an
 * operator all, and only an operator can page. Throws SCOPE_MISSING.
 */
export function createAuditTurns(audit: TurnAudit): SessionCalls['auditTurns'] {
  return async function auditTurns({ principal }, { turns, after = null, limit }) {
    const isOperator = principal.scopes.includes('operator')
    if (turns === undefined) {
      if (!isOperator) {
        throw new AppError('SCOPE_MISSING', "Looking at the turns of every tenant needs the scope 'operator'.")
      }
      const page = await audit.list({ after, limit })
      const data = page.slice(0, limit).map((turn) => ({ ...turn, isAppended: true, hasSession: true }))
      return { data, hasMore: page.length > limit }
    }
    const visible = turns.filter(({ tenant }) => isOperator || tenant === principal.tenant)
    const appended = new Set((await audit.findMany(visible)).map(nameOf))
    const sessions = new Set(
      (await audit.listSessions(visible)).map(({ tenant, sessionId }) => `${tenant} ${sessionId}`),
    )
    const data = visible.map((turn) => ({
      ...turn,
      isAppended: appended.has(nameOf(turn)),
      hasSession: sessions.has(`${turn.tenant} ${turn.sessionId}`),
    }))
    return { data, hasMore: false }
  }
}

function nameOf({ tenant, sessionId, responseId }: { tenant: string; sessionId: string; responseId: string }): string {
  return `${tenant} ${sessionId} ${responseId}`
}
