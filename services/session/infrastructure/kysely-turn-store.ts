import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { SessionKey, TurnKey, TurnStore } from '../application/ports.ts'
import type { SessionSchema } from './schema.ts'

type Key = { tenant: string; sessionId: string; responseId: string }

export class KyselyTurnStore implements TurnStore {
  readonly #store: Store<SessionSchema>
  readonly #insert: PreparedQuery<unknown, Key>
  readonly #find: PreparedQuery<{ response_id: string }, Key>

  constructor(store: Store<SessionSchema>) {
    this.#store = store
    this.#insert = store.prepare((db, { tenant, sessionId, responseId }) =>
      db
        .insertInto('turns')
        .values({ tenant, session_id: sessionId, response_id: responseId, appended_at: store.nowMs })
        .onConflict((conflict) => conflict.columns(['tenant', 'session_id', 'response_id']).doNothing()),
    )
    this.#find = store.prepare((db, { tenant, sessionId, responseId }) =>
      db
        .selectFrom('turns')
        .select('response_id')
        .where('tenant', '=', tenant)
        .where('session_id', '=', sessionId)
        .where('response_id', '=', responseId),
    )
  }

  async insert(tx: Transaction, { tenant, sessionId, responseId }: TurnKey) {
    return (await this.#insert.run(tx, { tenant, sessionId, responseId })) > 0
  }

  async has(tx: Transaction, { tenant, sessionId, responseId }: TurnKey) {
    return (await this.#find.first(tx, { tenant, sessionId, responseId })) !== undefined
  }

  async deleteAll(tx: Transaction, { tenant, sessionId }: SessionKey) {
    await this.#store
      .within(tx)
      .deleteFrom('turns')
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
      .execute()
  }
}
