import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { ResponseRecord, ResponseStore } from '../application/ports.ts'
import { prepareAttempts } from './attempt-statements.ts'
import { prepareLeases } from './lease-statements.ts'
import { columns, type ResponseRow, toRecord } from './response-row.ts'
import type { ResponseSchema } from './schema.ts'
import { prepareSettling } from './settle-statements.ts'

type ById = { responseId: string }

type Inserting = {
  responseId: string
  requestId: string
  tenant: string
  correlationId: string
  traceparent: string | null
  model: string
  sessionId: string | null
  previousResponseId: string | null
  store: number
  logged: number
  status: 'queued' | 'in_progress'
  attempt: number
  owner: string | null
  leaseMs: number
  createdAt: number
}

/** Every statement is prepared: they run once or more for every response there is. */
export class KyselyResponseStore implements ResponseStore {
  readonly #leases: ReturnType<typeof prepareLeases>
  readonly #settling: ReturnType<typeof prepareSettling>
  readonly #insert: PreparedQuery<unknown, Inserting>
  readonly #find: PreparedQuery<ResponseRow, ById>
  readonly #listDue: PreparedQuery<ResponseRow, { limit: number }>
  readonly #requestCancel: PreparedQuery<unknown, ById>
  readonly #listCancelRequested: PreparedQuery<{ response_id: string }, Record<string, never>>
  readonly #markDeleted: PreparedQuery<unknown, ById>
  readonly #attempts: ReturnType<typeof prepareAttempts>

  /** `onFenced` is told of each settlement that is refused. */
  constructor(store: Store<ResponseSchema>, onFenced: () => void = ignored) {
    this.#leases = prepareLeases(store)
    this.#settling = prepareSettling(store, onFenced)
    this.#attempts = prepareAttempts(store)
    this.#insert = store.prepare((db, row) =>
      db.insertInto('responses').values({
        response_id: row.responseId,
        request_id: row.requestId,
        tenant: row.tenant,
        correlation_id: row.correlationId,
        traceparent: row.traceparent,
        model: row.model,
        session_id: row.sessionId,
        previous_response_id: row.previousResponseId,
        store: row.store,
        logged: row.logged,
        status: row.status,
        attempt: row.attempt,
        owner: row.owner,
        due_at: sql<number>`${store.nowMs} + ${row.leaseMs}`,
        cancel_requested: 0,
        lost: 0,
        created_at: row.createdAt,
      }),
    )
    this.#find = store.prepare((db, { responseId }) =>
      db.selectFrom('responses').select(columns).where('response_id', '=', responseId),
    )
    this.#listDue = store.prepare((db, { limit }) =>
      db.selectFrom('responses').select(columns).where('due_at', '<=', store.nowMs).orderBy('due_at').limit(limit),
    )
    this.#requestCancel = store.prepare((db, { responseId }) =>
      db
        .updateTable('responses')
        .set({ cancel_requested: 1 })
        .where('response_id', '=', responseId)
        .where('status', '=', 'in_progress'),
    )
    this.#listCancelRequested = store.prepare((db) =>
      db.selectFrom('responses').select('response_id').where(sql<boolean>`cancel_requested = 1`),
    )
    this.#markDeleted = store.prepare((db, { responseId }) =>
      db.updateTable('responses').set({ store: 0, logged: 0 }).where('response_id', '=', responseId),
    )
  }

  insert: ResponseStore['insert'] = (tx, { principal, correlationId, traceparent }, submitted, lease) =>
    this.#insert.write(tx, {
      responseId: submitted.responseId,
      requestId: submitted.requestId,
      tenant: principal.tenant,
      correlationId,
      traceparent,
      model: submitted.model,
      sessionId: submitted.sessionId,
      previousResponseId: submitted.previousResponseId,
      store: submitted.store ? 1 : 0,
      logged: submitted.store || submitted.keepFrames ? 1 : 0,
      status: lease === null ? 'queued' : 'in_progress',
      attempt: lease === null ? 0 : 1,
      owner: lease?.owner ?? null,
      leaseMs: lease?.leaseMs ?? 0,
      createdAt: submitted.acceptedAt,
    })

  find: ResponseStore['find'] = async (responseId) => {
    const row = await this.#find.first(null, { responseId })
    return row === undefined ? undefined : toRecord(row)
  }

  listDue: ResponseStore['listDue'] = async (limit) => toRecords(await this.#listDue.all(null, { limit }))

  lockDue: ResponseStore['lockDue'] = (tx, key, lease) => this.#leases.lockDue(tx, key, lease)

  beginNextAttempt: ResponseStore['beginNextAttempt'] = async (tx, { responseId, attempt }, lostUsage) => {
    if (attempt > 0) await this.#leases.lose(tx, { responseId, attempt }, lostUsage)
    await this.#leases.advance(tx, { responseId, attempt: attempt + 1 })
  }

  renew: ResponseStore['renew'] = (tx, key, lease) => this.#leases.renew(tx, key, lease)

  release: ResponseStore['release'] = (tx, key) => this.#leases.release(tx, key)

  settle: ResponseStore['settle'] = (tx, settlement) => this.#settling.settle(tx, settlement)

  finishTurn: ResponseStore['finishTurn'] = (tx, responseId) => this.#settling.finishTurn(tx, responseId)

  requestCancel: ResponseStore['requestCancel'] = async (tx, responseId) => {
    await this.#requestCancel.write(tx, { responseId })
  }

  listCancelRequested: ResponseStore['listCancelRequested'] = async () => {
    const rows = await this.#listCancelRequested.all(null, {})
    return rows.map((row) => row.response_id)
  }

  listAttempts: ResponseStore['listAttempts'] = (responseId) => this.#attempts(responseId)

  listOwners: ResponseStore['listOwners'] = () => this.#leases.listOwners()

  releasePlace: ResponseStore['releasePlace'] = (tx, lease) => this.#leases.releasePlace(tx, lease)

  markDeleted: ResponseStore['markDeleted'] = (tx, responseId) => this.#markDeleted.write(tx, { responseId })
}

function ignored(): void {}

function toRecords(rows: readonly ResponseRow[]): ResponseRecord[] {
  return rows.map(toRecord)
}
