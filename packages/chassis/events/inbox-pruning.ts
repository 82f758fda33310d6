import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Store } from '../store/store.ts'
import type { EventTables } from './event-tables.ts'

/**
 * Forgets events that were received longer ago than `olderThanMs`, but never the last of a key: its number is what tells
 * a late repetition from news. Keep them longer than any transport may repeat itself. Resolves to how many were removed.
 */
export type PruneInbox = (options: { olderThanMs: number }) => Promise<number>

/** Rows looked at between two turns of the event loop. */
const pageRows = 500

/** Walks the inbox from the oldest event on, which is the order of its ids, in pages that each take one commit. */
export function createInboxPruning(store: Store<EventTables>, consumer: string): PruneInbox {
  const listPage = store.prepare<{ event_id: string; is_old: number }, { afterId: string; olderThanMs: number }>(
    (db, p) =>
      db
        .selectFrom('inbox')
        .select([
          'event_id',
          sql<number>`case when received_at < ${store.nowMs} - ${p.olderThanMs} then 1 else 0 end`.as('is_old'),
        ])
        .where('consumer', '=', consumer)
        .where('event_id', '>', p.afterId)
        .orderBy('event_id')
        .limit(pageRows),
  )
  const deleteBetween = store.prepare<never, { afterId: string; lastId: string; olderThanMs: number }>((db, p) =>
    db
      .deleteFrom('inbox')
      .where('consumer', '=', consumer)
      .where('event_id', '>', p.afterId)
      .where('event_id', '<=', p.lastId)
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
    for (let afterId = ''; ; ) {
      const page = await listPage.all(null, { afterId, olderThanMs })
      const last = page.at(-1)
      if (last === undefined || page.every((row) => row.is_old === 0)) return removed
      const range = { afterId, lastId: last.event_id, olderThanMs }
      removed += await store.transaction((tx) => deleteBetween.run(tx, range))
      afterId = last.event_id
      await nextTurn()
    }
  }
}
