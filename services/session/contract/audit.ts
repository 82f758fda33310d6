import { call } from '@parley/chassis/contract/define-contract.ts'
import { type Static, Type } from 'typebox'

const NamedTurn = Type.Object({ tenant: Type.String(), sessionId: Type.String(), responseId: Type.String() })

/** A turn that a session has, or should have, for those who compare records. */
export const AuditedTurn = Type.Object({
  ...NamedTurn.properties,
  isAppended: Type.Boolean(),
  /** False once the session was deleted, and its turns with it. */
  hasSession: Type.Boolean(),
})
export type AuditedTurn = Static<typeof AuditedTurn>

export const AuditTurns = Type.Object({
  turns: Type.Optional(Type.Array(NamedTurn, { maxItems: 100 })),
  /** The turn after which the page starts. */
  after: Type.Optional(NamedTurn),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
})
export type AuditTurns = Static<typeof AuditTurns>

export const auditCalls = {
  /**
   * Which of these turns the sessions have; without `turns`, a page of all that there are. For operators, as it looks at
   * every tenant.
   */
  auditTurns: call({
    http: 'POST /turn-audits',
    in: AuditTurns,
    out: Type.Object({ data: Type.Array(AuditedTurn), hasMore: Type.Boolean() }),
    errors: ['SCOPE_MISSING'],
    effect: 'read',
  }),
}
