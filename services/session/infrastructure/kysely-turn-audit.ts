import type { Store } from '@parley/chassis/store/store.ts'
import type { TurnAudit, TurnKey } from '../application/ports.ts'
import type { SessionSchema } from './schema.ts'

export class KyselyTurnAudit implements TurnAudit {
  readonly #store: Store<SessionSchema>

  constructor(store: Store<SessionSchema>) {
    this.#store = store
  }

  findMany: TurnAudit['findMany'] = async (turns) => {
    if (turns.length === 0) return []
    const rows = await this.#turns()
      .where((where) =>
        where.or(
          turns.map(({ tenant, sessionId, responseId }) =>
            where.and({ tenant, session_id: sessionId, response_id: responseId }),
          ),
        ),
      )
      .execute()
    return rows
  }

  listSessions: TurnAudit['listSessions'] = async (sessions) => {
    if (sessions.length === 0) return []
    return this.#store.read
      .selectFrom('sessions')
      .select(['tenant', 'session_id as sessionId'])
      .where((where) => where.or(sessions.map(({ tenant, sessionId }) => where.and({ tenant, session_id: sessionId }))))
      .execute()
  }

  list: TurnAudit['list'] = async ({ after, limit }) => {
    const inOrder = this.#turns()
      .orderBy('tenant')
      .orderBy('session_id')
      .orderBy('response_id')
      .limit(limit + 1)
    if (after === null) return inOrder.execute()
    const { tenant, sessionId, responseId } = after
    return inOrder
      .where((where) =>
        where.or([
          where('tenant', '>', tenant),
          where.and([where('tenant', '=', tenant), where('session_id', '>', sessionId)]),
          where.and([
            where('tenant', '=', tenant),
            where('session_id', '=', sessionId),
            where('response_id', '>', responseId),
          ]),
        ]),
      )
      .execute()
  }

  #turns() {
    return this.#store.read
      .selectFrom('turns')
      .select(['tenant', 'session_id as sessionId', 'response_id as responseId'])
      .$castTo<TurnKey>()
  }
}
