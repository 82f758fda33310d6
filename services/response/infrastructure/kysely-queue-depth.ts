import type { Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { ResponseSchema } from './schema.ts'

/** The queue of all processes that share the database. */
export interface QueueDepth {
  readonly queued: number
  /** Of the longest waiting one, by the database's clock; 0 when none waits. */
  readonly ageMs: number
}

/** Looks only at responses that are due, which are few and have an index of their own. */
export function readQueueDepth(store: Store<ResponseSchema>): () => Promise<QueueDepth> {
  const query = store.prepare<{ queued: number; age: number | null }>((db) =>
    db
      .selectFrom('responses')
      .select(({ fn }) => [
        fn.countAll<number>().as('queued'),
        sql<number | null>`${store.nowMs} - min(created_at)`.as('age'),
      ])
      .where('due_at', '<=', store.nowMs)
      .where('status', '=', 'queued'),
  )
  return async () => {
    const row = await query.first(null, {})
    return { queued: row?.queued ?? 0, ageMs: Math.max(0, row?.age ?? 0) }
  }
}
