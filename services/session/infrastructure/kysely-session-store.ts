import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Kysely, Selectable } from 'kysely'
import type {
  DueRequest,
  NewSession,
  SessionKey,
  SessionPageRequest,
  SessionStore,
  StoredSession,
  TurnKey,
} from '../application/ports.ts'
import type { Session } from '../contract.ts'
import { pageOf } from './page.ts'
import type { SessionSchema, SessionTable } from './schema.ts'

type Key = { tenant: string; sessionId: string }
type StoredRow = Selectable<SessionTable> & { user_preferences: string | null; now_ms: number }
type SavedState = Key & {
  status: SessionTable['status']
  itemCount: number
  nextPosition: number
  eventSeq: number
  activeResponseId: string | null
  leaseUntil: number | null
  lastActiveAt: number
}

export class KyselySessionStore implements SessionStore {
  readonly #store: Store<SessionSchema>
  readonly #find: PreparedQuery<StoredRow, Key>
  readonly #lock: PreparedQuery<StoredRow, Key>
  readonly #save: PreparedQuery<unknown, SavedState>
  readonly #freeTurn: PreparedQuery<unknown, Key & { responseId: string }>

  constructor(store: Store<SessionSchema>) {
    this.#store = store
    this.#find = store.prepare((db, key) => this.#stored(db, key))
    this.#lock = store.prepare((db, key) =>
      // SQLite has one writer at a time, so there a transaction is the lock.
      this.#stored(db, key).$if(store.dialect === 'postgres', (query) => query.forUpdate()),
    )
    this.#save = store.prepare((db, state) =>
      db
        .updateTable('sessions')
        .set({
          status: state.status,
          item_count: state.itemCount,
          next_position: state.nextPosition,
          event_seq: state.eventSeq,
          active_response_id: state.activeResponseId,
          lease_until: state.leaseUntil,
          last_active_at: state.lastActiveAt,
        })
        .where('tenant', '=', state.tenant)
        .where('session_id', '=', state.sessionId),
    )
    this.#freeTurn = store.prepare((db, { tenant, sessionId, responseId }) =>
      db
        .updateTable('sessions')
        .set({ active_response_id: null, lease_until: null })
        .where('tenant', '=', tenant)
        .where('session_id', '=', sessionId)
        .where('active_response_id', '=', responseId),
    )
  }

  async insert(tx: Transaction, { tenant, sessionId }: SessionKey, session: NewSession) {
    const { nowMs } = this.#store
    const row = await this.#store
      .within(tx)
      .insertInto('sessions')
      .values({
        tenant,
        session_id: sessionId,
        user_id: session.userId,
        status: 'open',
        metadata: JSON.stringify(session.metadata),
        preferences: JSON.stringify(session.preferences),
        item_count: session.itemCount,
        next_position: session.nextPosition,
        event_seq: session.eventSeq,
        active_response_id: null,
        lease_until: null,
        created_at: nowMs,
        last_active_at: nowMs,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return sessionOf(row)
  }

  async find({ tenant, sessionId }: SessionKey) {
    const row = await this.#find.first(null, { tenant, sessionId })
    return row && storedSessionOf(row)
  }

  async lock(tx: Transaction, { tenant, sessionId }: SessionKey) {
    const row = await this.#lock.first(tx, { tenant, sessionId })
    return row && storedSessionOf(row)
  }

  async save(tx: Transaction, tenant: string, session: StoredSession) {
    const { sessionId, status, itemCount, nextPosition, eventSeq, lastActiveAt, lock } = session
    const activeResponseId = lock === null ? null : lock.responseId
    const leaseUntil = lock === null ? null : lock.leaseUntilMs
    await this.#save.write(tx, {
      ...{ tenant, sessionId, status, itemCount, nextPosition, eventSeq, lastActiveAt },
      ...{ activeResponseId, leaseUntil },
    })
  }

  async saveSettings(tx: Transaction, tenant: string, { sessionId, metadata, preferences }: StoredSession) {
    await this.#store
      .within(tx)
      .updateTable('sessions')
      .set({ metadata: JSON.stringify(metadata), preferences: JSON.stringify(preferences) })
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
      .execute()
  }

  async delete(tx: Transaction, { tenant, sessionId }: SessionKey) {
    await this.#store
      .within(tx)
      .deleteFrom('sessions')
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
      .execute()
  }

  async freeTurn(tx: Transaction, { tenant, sessionId, responseId }: TurnKey) {
    await this.#freeTurn.write(tx, { tenant, sessionId, responseId })
  }

  async list(tx: Transaction | null, tenant: string, { after, limit, order, userId, status }: SessionPageRequest) {
    const db = tx === null ? this.#store.read : this.#store.within(tx)
    let query = db.selectFrom('sessions').selectAll().where('tenant', '=', tenant)
    if (userId !== undefined) query = query.where('user_id', '=', userId)
    if (status !== undefined) query = query.where('status', '=', status)
    if (after !== undefined) query = query.where('session_id', order === 'asc' ? '>' : '<', after)
    const rows = await query
      .orderBy('session_id', order)
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, sessionOf)
  }

  async listDue({ status, inactiveMs, limit }: DueRequest) {
    const { nowMs } = this.#store
    return this.#store.read
      .selectFrom('sessions')
      .select(['tenant', 'session_id as sessionId'])
      .where('status', '=', status)
      .where('last_active_at', '<=', ({ eb }) => eb(nowMs, '-', inactiveMs))
      .where(({ eb, or }) => or([eb('lease_until', 'is', null), eb('lease_until', '<=', nowMs)]))
      .orderBy('last_active_at')
      .limit(limit)
      .execute()
  }

  #stored(db: Kysely<SessionSchema>, { tenant, sessionId }: Key) {
    return db
      .selectFrom('sessions')
      .selectAll()
      .select((query) => [
        query
          .selectFrom('users')
          .select('users.preferences')
          .whereRef('users.tenant', '=', 'sessions.tenant')
          .whereRef('users.user_id', '=', 'sessions.user_id')
          .as('user_preferences'),
        this.#store.nowMs.as('now_ms'),
      ])
      .where('tenant', '=', tenant)
      .where('session_id', '=', sessionId)
  }
}

function sessionOf(row: Selectable<SessionTable>): Session {
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    status: row.status,
    metadata: JSON.parse(row.metadata),
    preferences: JSON.parse(row.preferences),
    itemCount: row.item_count,
    createdAt: row.created_at,
    lastActiveAt: row.last_active_at,
  }
}

function storedSessionOf(row: StoredRow): StoredSession {
  const { active_response_id: responseId, lease_until: leaseUntilMs } = row
  return {
    ...sessionOf(row),
    lock: responseId === null || leaseUntilMs === null ? null : { responseId, leaseUntilMs },
    nextPosition: row.next_position,
    eventSeq: row.event_seq,
    userPreferences: row.user_preferences === null ? {} : JSON.parse(row.user_preferences),
    nowMs: row.now_ms,
  }
}
