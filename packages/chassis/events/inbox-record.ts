import { sql } from 'kysely'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../values/transaction.ts'
import { type Envelope, sequenceNumber } from './envelope.ts'
import type { EventTables } from './event-tables.ts'

/** Notes that `consumer` has an event; resolves to false when the event is a repetition and has had its effect. */
export type RecordEvent = (tx: Transaction, envelope: Envelope) => Promise<boolean>

type Parameters = { eventId: string; source: string; subject: string; seq: number }

/** One statement tells news from repetition: nothing is inserted for an id, or below a number, that was seen. */
export function prepareInboxRecord(store: Store<EventTables>, consumer: string): RecordEvent {
  const insert = store.prepare<never, Parameters>((db, p) => {
    const seen = db
      .selectFrom('inbox as seen')
      .select('seen.seq')
      .where('seen.consumer', '=', consumer)
      .where('seen.source', '=', p.source)
      .where('seen.aggregateid', '=', p.subject)
      .where('seen.seq', '>=', p.seq)
    const row = db
      .selectNoFrom([
        sql<string>`cast(${consumer} as text)`.as('consumer'),
        sql<string>`cast(${p.eventId} as text)`.as('event_id'),
        sql<string>`cast(${p.source} as text)`.as('source'),
        sql<string>`cast(${p.subject} as text)`.as('aggregateid'),
        sql<number>`cast(${p.seq} as integer)`.as('seq'),
        store.nowMs.as('received_at'),
      ])
      .where(({ not, exists }) => not(exists(seen)))
    return db
      .insertInto('inbox')
      .columns(['consumer', 'event_id', 'source', 'aggregateid', 'seq', 'received_at'])
      .expression(row)
      .onConflict((conflict) => conflict.doNothing())
  })
  return async (tx, envelope) => {
    const { id: eventId, source, subject } = envelope
    return (await insert.run(tx, { eventId, source, subject, seq: sequenceNumber(envelope) })) === 1
  }
}
