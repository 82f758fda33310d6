import { AppError } from '@parley/chassis/values/errors.ts'
import type { SessionCalls } from '../contract.ts'
import type { TurnAudit } from './ports.ts'

/** What the rows say of turns, by their keys or page by page, for those who compare records. Throws SCOPE_MISSING. */
export function createAuditTurns(audit: TurnAudit): SessionCalls['auditTurns'] {
  return async function auditTurns({ principal }, { turns, after = null, limit }) {
    if (!principal.scopes.includes('operator')) {
      throw new AppError('SCOPE_MISSING', "Looking at the turns of every tenant needs the scope 'operator'.")
    }
    if (turns === undefined) {
      const page = await audit.list({ after, limit })
      const data = page.slice(0, limit).map((turn) => ({ ...turn, isAppended: true, hasSession: true }))
      return { data, hasMore: page.length > limit }
    }
    const appended = new Set((await audit.findMany(turns)).map(nameOf))
    const sessions = new Set((await audit.listSessions(turns)).map(({ tenant, sessionId }) => `${tenant} ${sessionId}`))
    const data = turns.map((turn) => ({
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
