import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { RequestRetention } from '../application/ports.ts'
import type { RequestSchema } from './schema.ts'

type Settled = { tenant: string; requestId: string }

export class KyselyRequestRetention implements RequestRetention {
  readonly #store: Store<RequestSchema>
  readonly #forget: PreparedQuery<unknown, Settled>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
    this.#forget = store.prepare((db, { tenant, requestId }) =>
      db.updateTable('requests').set({ input: null }).where('tenant', '=', tenant).where('request_id', '=', requestId),
    )
  }

  forgetInputs: RequestRetention['forgetInputs'] = async (tx, requests) => {
    for (const { tenant, requestId } of requests) await this.#forget.write(tx, { tenant, requestId })
  }

  listForgotten: RequestRetention['listForgotten'] = (limit) =>
    this.#store.read
      .selectFrom('requests')
      .innerJoin('ledger', (join) =>
        join.onRef('ledger.tenant', '=', 'requests.tenant').onRef('ledger.request_id', '=', 'requests.request_id'),
      )
      .select(['requests.tenant as tenant', 'requests.request_id as requestId'])
      .where('requests.input', 'is not', null)
      .orderBy('requests.accepted_at')
      .limit(limit)
      .execute()

  deleteKeysBefore: RequestRetention['deleteKeysBefore'] = async (tx, instant) => {
    const db = this.#store.within(tx)
    const { numDeletedRows } = await db
      .deleteFrom('idempotency_keys')
      .where('accepted_at', '<', instant)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('ledger')
            .select('ledger.request_id')
            .whereRef('ledger.tenant', '=', 'idempotency_keys.tenant')
            .whereRef('ledger.request_id', '=', 'idempotency_keys.request_id')
            .where('ledger.settled_at', '<', instant),
        ),
      )
      .executeTakeFirst()
    return Number(numDeletedRows)
  }

  meetEarlyTurns: RequestRetention['meetEarlyTurns'] = async (tx) => {
    const db = this.#store.within(tx)
    const met = await db
      .selectFrom('early_turns')
      .innerJoin('ledger', (join) =>
        join
          .onRef('ledger.tenant', '=', 'early_turns.tenant')
          .onRef('ledger.response_id', '=', 'early_turns.response_id')
          // Written out, so that the index of turns that are owed fits.
          .on(sql<boolean>`ledger.turn = 'owed'`),
      )
      .select(['ledger.tenant as tenant', 'ledger.request_id as requestId', 'ledger.response_id as responseId'])
      .execute()
    for (const { tenant, requestId, responseId } of met) {
      await db
        .updateTable('ledger')
        .set({ turn: 'appended', turn_at: this.#store.nowMs })
        .where('tenant', '=', tenant)
        .where('request_id', '=', requestId)
        .execute()
      await db.deleteFrom('early_turns').where('tenant', '=', tenant).where('response_id', '=', responseId).execute()
    }
  }

  deleteEarlyTurnsBefore: RequestRetention['deleteEarlyTurnsBefore'] = async (tx, instant) => {
    await this.#store.within(tx).deleteFrom('early_turns').where('noted_at', '<', instant).execute()
  }
}
