import type { Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { SagaStore, StuckRow } from '../application/upkeep-ports.ts'
import type { RequestInput } from '../contract.ts'
import type { RequestSchema } from './schema.ts'

export class KyselySagaStore implements SagaStore {
  readonly #store: Store<RequestSchema>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
  }

  /** Two looks, each at an index that holds only what is under way: the inputs still kept, and the turns still owed. */
  listStuck: SagaStore['listStuck'] = async ({ stuckAfterMs, limit }) => {
    const before = sql<number>`${this.#store.nowMs} - ${sql.lit(stuckAfterMs)}`
    const unsettled = this.#joined()
      .where('requests.input', 'is not', null)
      .where('ledger.request_id', 'is', null)
      .where(progressAt, '<=', before)
    const owed = this.#joined().where('ledger.turn', '=', 'owed').where(owedSince, '<=', before)
    const found = await Promise.all(
      [unsettled, owed].map((rows) => rows.orderBy('requests.accepted_at').limit(limit).execute()),
    )
    return found
      .flat()
      .map(({ turn, ...row }): StuckRow => ({ ...row, turn: turn ?? 'none' }))
      .toSorted((a, b) => a.progressAt - b.progressAt)
      .slice(0, limit)
  }

  listSteps: SagaStore['listSteps'] = (tenant, requestId) =>
    this.#store.read
      .selectFrom('saga_steps')
      .select(['event', 'noted_at as at'])
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .orderBy('step')
      .execute()

  turnOf: SagaStore['turnOf'] = async (tenant, requestId) =>
    this.#store.read
      .selectFrom('ledger')
      .select(['turn', 'turn_at as turnAt'])
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .executeTakeFirst()

  touch: SagaStore['touch'] = async (tx, { tenant, requestId, drives, progressAt }, { isDrive }) => {
    const db = this.#store.within(tx)
    const { numUpdatedRows } = await db
      .updateTable('requests')
      .set({ progress_at: this.#store.nowMs, drives: isDrive ? drives + 1 : drives })
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .where('drives', '=', drives)
      .where(sql<number>`coalesce(progress_at, accepted_at)`, '=', progressAt)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('ledger')
              .select('ledger.request_id')
              .whereRef('ledger.tenant', '=', 'requests.tenant')
              .whereRef('ledger.request_id', '=', 'requests.request_id'),
          ),
        ),
      )
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  note: SagaStore['note'] = async (tx, { tenant, requestId }, event) => {
    const db = this.#store.within(tx)
    const { steps } = await db
      .selectFrom('saga_steps')
      .select(({ fn }) => fn.countAll().as('steps'))
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .executeTakeFirstOrThrow()
    await db
      .insertInto('saga_steps')
      .values({ tenant, request_id: requestId, step: Number(steps) + 1, event, noted_at: this.#store.nowMs })
      .execute()
  }

  findInput: SagaStore['findInput'] = async (tx, tenant, requestId) => {
    const row = await this.#store
      .within(tx)
      .selectFrom('requests')
      .select('input')
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .executeTakeFirst()
    if (row === undefined || row.input === null) return undefined
    const input: RequestInput = JSON.parse(row.input)
    return input
  }

  isKeyed: SagaStore['isKeyed'] = async (tx, tenant, responseId) => {
    const row = await this.#store
      .within(tx)
      .selectFrom('idempotency_keys')
      .select('idempotency_key')
      .where('tenant', '=', tenant)
      .where('response_id', '=', responseId)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  }

  forgetInput: SagaStore['forgetInput'] = async (tx, tenant, requestId) => {
    await this.#store
      .within(tx)
      .updateTable('requests')
      .set({ input: null })
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .execute()
  }

  endTurn: SagaStore['endTurn'] = async (tx, { tenant, requestId }, turn) => {
    const { numUpdatedRows } = await this.#store
      .within(tx)
      .updateTable('ledger')
      .set({ turn, turn_at: this.#store.nowMs })
      .where('tenant', '=', tenant)
      .where('request_id', '=', requestId)
      .where('turn', '=', 'owed')
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  #joined() {
    return this.#store.read
      .selectFrom('requests')
      .leftJoin('ledger', (join) =>
        join.onRef('ledger.tenant', '=', 'requests.tenant').onRef('ledger.request_id', '=', 'requests.request_id'),
      )
      .select([
        'requests.tenant as tenant',
        'requests.request_id as requestId',
        'requests.response_id as responseId',
        'requests.session_id as sessionId',
        'requests.model as model',
        'requests.accepted_at as acceptedAt',
        progressAt.as('progressAt'),
        'requests.drives as drives',
        'ledger.turn as turn',
      ])
  }
}

/** Rows of an earlier version have no progress of their own. */
const progressAt = sql<number>`coalesce(requests.progress_at, requests.accepted_at)`
const owedSince = sql<number>`ledger.settled_at`
