import { setImmediate as nextTurn } from 'node:timers/promises'
import { type SqlBool, sql } from 'kysely'
import type { Store } from '../store/store.ts'
import type { EventTables, InboxRow } from './event-tables.ts'

/**
 * Forgets events that were received longer ago than `olderThanMs`, but never the last of a key: its number is what tells
 * a late repetition from news. Keep them longer than any transport may repeat itself. Resolves to how many were removed.
 */
export type PruneInbox = (options: { olderThanMs: number }) => Promise<number>

/** Rows looked at between two turns of the event loop. */
const pageRows = 500

type Place = { source: string; subject: string; seq: number }
type Range = Place & { lastSource: string; lastSubject: string; lastSeq: number; olderThanMs: number }

/** Walks the inbox by key, in pages that each take one commit. */
export function createInboxPruning(store: Store<EventTables>, consumer: string): PruneInbox {
  const listPage = store.prepare<Pick<InboxRow, 'source' | 'aggregateid' | 'seq'>, Place>((db, p) =>
    db
      .selectFrom('inbox')
      .select(['source', 'aggregateid', 'seq'])
      .where('consumer', '=', consumer)
      .where(sql<SqlBool>`(source, aggregateid, seq) > (${p.source}, ${p.subject}, ${p.seq})`)
      .orderBy('source')
      .orderBy('aggregateid')
      .orderBy('seq')
      .limit(pageRows),
  )
  const deleteBetween = store.prepare<never, Range>((db, p) =>
    db
      .deleteFrom('inbox')
      .where('consumer', '=', consumer)
      .where(sql<SqlBool>`(source, aggregateid, seq) > (${p.source}, ${p.subject}, ${p.seq})`)
      .where(sql<SqlBool>`(source, aggregateid, seq) <= (${p.lastSource}, ${p.lastSubject}, ${p.lastSeq})`)
      .where('received_at', '<', sql<number>`${store.nowMs} - ${p.olderThanMs}`)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('inbox as later')
            .select('later.seq')
            .whereRef('later.consumer', '=', 'inbox.consumer')
            .whereRef('later.source', '=', 'inbox.source')
            .whereRef('later.aggregateid', '=', 'inbox.aggregateid')
            .whereRef('later.seq', '>', 'inbox.seq'),
        ),
      ),
  )

  return async function prune({ olderThanMs }) {
    let removed = 0
    for (let place: Place = { source: '', subject: '', seq: 0 }; ; ) {
      const last = (await listPage.all(null, place)).at(-1)
      if (last === undefined) return removed
      const { source: lastSource, aggregateid: lastSubject, seq: lastSeq } = last
      const range = { ...place, lastSource, lastSubject, lastSeq, olderThanMs }
      removed += await store.transaction((tx) => deleteBetween.run(tx, range))
      place = { source: lastSource, subject: lastSubject, seq: lastSeq }
      await nextTurn()
    }
  }
}
