import { sql } from 'kysely'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../values/transaction.ts'
import { type Envelope, sequenceNumber } from './envelope.ts'
import type { EventTables } from './event-tables.ts'

/** The event has had its effect: nothing of the unit that would give it another one is kept. */
export class RepeatedEventError extends Error {
  override name = 'RepeatedEventError'
}

/**
 * Notes that `consumer` has an event. When it has had it before, the unit fails with RepeatedEventError, now or when it
 * commits: a database server is not asked first and told afterwards.
 */
export type RecordEvent = (tx: Transaction, envelope: Envelope) => Promise<void>

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
  // Sent again for this consumer after it was put aside: later events of its key were handled meanwhile.
  const insertReplayed = store.prepare<never, Parameters>((db, p) =>
    db
      .insertInto('inbox')
      .values({
        consumer,
        event_id: p.eventId,
        source: p.source,
        aggregateid: p.subject,
        seq: p.seq,
        received_at: store.nowMs,
      })
      .onConflict((conflict) => conflict.doNothing()),
  )
  return async (tx, envelope) => {
    const { id: eventId, source, subject, replayfor } = envelope
    await (replayfor === consumer ? insertReplayed : insert).require(
      tx,
      { eventId, source, subject, seq: sequenceNumber(envelope) },
      () => new RepeatedEventError(`event ${eventId} was here before`),
    )
  }
}
