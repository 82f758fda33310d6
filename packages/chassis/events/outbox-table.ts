import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { ParameterRefs, PreparedQuery, Store } from '../store/store.ts'
import type { Transaction } from '../values/transaction.ts'
import { type Envelope, sequenceNumber, sequenceText } from './envelope.ts'
import type { EventTables, OutboxRow } from './event-tables.ts'

/** An event of the outbox and how its delivery stands. */
export interface StoredEvent {
  readonly envelope: Envelope
  readonly seq: number
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly nextAttemptAt: number
  /** Why an operator must decide; null while it is sent by itself. */
  readonly parkedReason: string | null
}

/** The first unpublished event of a key. */
export interface Head {
  readonly id: string
  readonly source: string
  readonly subject: string
  readonly nextAttemptAt: number
  readonly isParked: boolean
}

export interface Backlog {
  /** Events that are not published, parked ones included. */
  readonly events: number
  readonly parked: number
  /** When the oldest one that is not parked was made, in milliseconds since the epoch. */
  readonly oldestAt: number | null
}

type Row = Selectable<OutboxRow>
type HeadRow = Pick<Row, 'id' | 'aggregatetype' | 'aggregateid' | 'next_attempt_at' | 'parked_reason'>
type After = { source: string; subject: string; limit: number }
type Place = { source: string; subject: string; seq: number }

/** What the relay asks of the outbox, each a statement that is compiled once. Throws STORE_UNAVAILABLE. */
export class OutboxTable {
  readonly #store: Store<EventTables>
  readonly #ofKey: PreparedQuery<Row, After & { afterSeq: number }>
  readonly #heads: PreparedQuery<HeadRow, After>
  readonly #parked: PreparedQuery<Row, { limit: number }>
  readonly #backlog: PreparedQuery<{ events: number; parked: number | null; oldest: number | null }>
  readonly #delete: PreparedQuery<never, Place>
  readonly #postpone: PreparedQuery<never, Place & { attempts: number; nextAttemptAt: number }>
  readonly #park: PreparedQuery<never, Place & { attempts: number; reason: string }>
  readonly #unpark: PreparedQuery<HeadRow, { id: string }>
  readonly #skip: PreparedQuery<HeadRow, { id: string }>

  constructor(store: Store<EventTables>) {
    this.#store = store
    this.#ofKey = store.prepare(selectOfKey)
    this.#heads = store.prepare(selectHeads)
    this.#parked = store.prepare((db, p) =>
      db.selectFrom('outbox').selectAll().where('parked_reason', 'is not', null).orderBy('time').limit(p.limit),
    )
    this.#backlog = store.prepare((db) =>
      db
        .selectFrom('outbox')
        .select([
          sql<number>`count(*)`.as('events'),
          sql<number | null>`sum(case when parked_reason is null then 0 else 1 end)`.as('parked'),
          sql<number | null>`min(case when parked_reason is null then time end)`.as('oldest'),
        ]),
    )
    this.#delete = store.prepare<never, Place>((db, p) =>
      db
        .deleteFrom('outbox')
        .where('aggregatetype', '=', p.source)
        .where('aggregateid', '=', p.subject)
        .where('seq', '=', p.seq),
    )
    this.#postpone = store.prepare<never, Place & { attempts: number; nextAttemptAt: number }>((db, p) =>
      updateAt(db, p).set({ attempts: p.attempts, next_attempt_at: p.nextAttemptAt }),
    )
    this.#park = store.prepare<never, Place & { attempts: number; reason: string }>((db, p) =>
      updateAt(db, p).set({ attempts: p.attempts, parked_reason: p.reason }),
    )
    this.#unpark = store.prepare((db, p) =>
      db
        .updateTable('outbox')
        .set({ attempts: 0, next_attempt_at: 0, parked_reason: null })
        .where('id', '=', p.id)
        .where('parked_reason', 'is not', null)
        .returning(['id', 'aggregatetype', 'aggregateid', 'next_attempt_at', 'parked_reason']),
    )
    this.#skip = store.prepare((db, p) =>
      db
        .deleteFrom('outbox')
        .where('id', '=', p.id)
        .where('parked_reason', 'is not', null)
        .returning(['id', 'aggregatetype', 'aggregateid', 'next_attempt_at', 'parked_reason']),
    )
  }

  /** The events of one key with a greater `afterSeq`, in their order. */
  async listOfKey(key: { source: string; subject: string; afterSeq: number; limit: number }): Promise<StoredEvent[]> {
    return (await this.#ofKey.all(null, key)).map(toStoredEvent)
  }

  /** The first event of each key, by key, beginning behind the given one. */
  async listHeads(after: After): Promise<Head[]> {
    return (await this.#heads.all(null, after)).map(toHead)
  }

  /** Oldest first. */
  async listParked(limit: number): Promise<StoredEvent[]> {
    return (await this.#parked.all(null, { limit })).map(toStoredEvent)
  }

  async backlog(): Promise<Backlog> {
    const row = await this.#backlog.first(null, {})
    return { events: row?.events ?? 0, parked: row?.parked ?? 0, oldestAt: row?.oldest ?? null }
  }

  /** Published events leave the outbox. */
  async delete(envelopes: readonly Envelope[]): Promise<void> {
    await this.#store.transaction(async (tx) => {
      for (const envelope of envelopes) await this.#delete.write(tx, placeOf(envelope))
    })
  }

  /** As part of a unit of work that waits for nothing of it. */
  deleteWithin(tx: Transaction, envelope: Envelope): Promise<void> {
    return this.#delete.write(tx, placeOf(envelope))
  }

  async postpone(envelope: Envelope, attempts: number, nextAttemptAt: number): Promise<void> {
    await this.#run((tx) => this.#postpone.write(tx, { ...placeOf(envelope), attempts, nextAttemptAt }))
  }

  async park(envelope: Envelope, attempts: number, reason: string): Promise<void> {
    await this.#run((tx) => this.#park.write(tx, { ...placeOf(envelope), attempts, reason }))
  }

  /** Makes a parked event sendable again; undefined when there is no such parked event. */
  async unpark(id: string): Promise<Head | undefined> {
    const row = await this.#run((tx) => this.#unpark.first(tx, { id }))
    return row === undefined ? undefined : toHead(row)
  }

  /** Removes a parked event without publishing it; undefined when there is no such parked event. */
  async skip(id: string): Promise<Head | undefined> {
    const row = await this.#run((tx) => this.#skip.first(tx, { id }))
    return row === undefined ? undefined : toHead(row)
  }

  #run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#store.transaction(work)
  }
}

function placeOf(envelope: Envelope): Place {
  return { source: envelope.source, subject: envelope.subject, seq: sequenceNumber(envelope) }
}

function updateAt(db: Kysely<EventTables>, p: ParameterRefs<Place>) {
  return db
    .updateTable('outbox')
    .where('aggregatetype', '=', p.source)
    .where('aggregateid', '=', p.subject)
    .where('seq', '=', p.seq)
}

function selectOfKey(db: Kysely<EventTables>, p: ParameterRefs<After & { afterSeq: number }>) {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('aggregatetype', '=', p.source)
    .where('aggregateid', '=', p.subject)
    .where('seq', '>', p.afterSeq)
    .orderBy('seq')
    .limit(p.limit)
}

function selectHeads(db: Kysely<EventTables>, p: ParameterRefs<After>) {
  const firsts = db
    .selectFrom('outbox')
    .select(['aggregatetype', 'aggregateid', sql<number>`min(seq)`.as('seq')])
    .where(sql<SqlBool>`(aggregatetype, aggregateid) > (${p.source}, ${p.subject})`)
    .groupBy(['aggregatetype', 'aggregateid'])
    .orderBy('aggregatetype')
    .orderBy('aggregateid')
    .limit(p.limit)
    .as('firsts')
  return db
    .selectFrom(firsts)
    .innerJoin('outbox', (join) =>
      join
        .onRef('outbox.aggregatetype', '=', 'firsts.aggregatetype')
        .onRef('outbox.aggregateid', '=', 'firsts.aggregateid')
        .onRef('outbox.seq', '=', 'firsts.seq'),
    )
    .select([
      'outbox.id',
      'outbox.aggregatetype',
      'outbox.aggregateid',
      'outbox.next_attempt_at',
      'outbox.parked_reason',
    ])
    .orderBy('outbox.aggregatetype')
    .orderBy('outbox.aggregateid')
}

function toStoredEvent(row: Row): StoredEvent {
  const envelope: Envelope = {
    specversion: '1.0',
    id: row.id,
    source: row.aggregatetype,
    type: row.type,
    subject: row.aggregateid,
    time: new Date(row.time).toISOString(),
    datacontenttype: 'application/json',
    sequence: sequenceText(row.seq),
    tenant: row.tenant,
    correlationid: row.correlation_id,
    ...(row.causation_id !== null && { causationid: row.causation_id }),
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
    ...(row.tracestate !== null && { tracestate: row.tracestate }),
    data: JSON.parse(row.payload),
  }
  const { seq, attempts, next_attempt_at: nextAttemptAt, parked_reason: parkedReason } = row
  return { envelope, seq, attempts, nextAttemptAt, parkedReason }
}

function toHead(row: HeadRow): Head {
  return {
    id: row.id,
    source: row.aggregatetype,
    subject: row.aggregateid,
    nextAttemptAt: row.next_attempt_at,
    isParked: row.parked_reason !== null,
  }
}
