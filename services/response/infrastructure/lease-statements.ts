import type { Store } from '@parley/chassis/store/store.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import { sql } from 'kysely'
import type { AttemptKey, Lease } from '../application/ports.ts'
import { placeOf } from './runner-place.ts'
import type { ResponseSchema } from './schema.ts'

type Key = { responseId: string; attempt: number }
type Leasing = Key & { owner: string; leaseMs: number }

/** Who may work on a response, and until when; all times are the database's. */
export function prepareLeases(store: Store<ResponseSchema>) {
  const lockDue = store.prepare<unknown, Leasing>((db, { responseId, attempt, owner, leaseMs }) =>
    db
      .updateTable('responses')
      .set({ owner, due_at: sql<number>`${store.nowMs} + ${leaseMs}` })
      .where('response_id', '=', responseId)
      .where('attempt', '=', attempt)
      .where('due_at', '<=', store.nowMs),
  )
  const lose = store.prepare<unknown, Key & { usage: string | null }>((db, { responseId, attempt, usage }) =>
    db.insertInto('lost_attempts').values({ response_id: responseId, attempt, usage, lost_at: store.nowMs }),
  )
  const advance = store.prepare<unknown, Key>((db, { responseId, attempt }) =>
    db.updateTable('responses').set({ attempt, status: 'in_progress' }).where('response_id', '=', responseId),
  )
  const renew = store.prepare<unknown, Leasing>((db, { responseId, attempt, owner, leaseMs }) =>
    db
      .updateTable('responses')
      .set({ due_at: sql<number>`${store.nowMs} + ${leaseMs}` })
      .where('response_id', '=', responseId)
      .where('attempt', '=', attempt)
      .where('owner', '=', owner)
      .where('due_at', 'is not', null),
  )
  const release = store.prepare<unknown, Key>((db, { responseId, attempt }) =>
    db
      .updateTable('responses')
      .set({ owner: null, due_at: store.nowMs })
      .where('response_id', '=', responseId)
      .where('attempt', '=', attempt)
      .where('status', '=', 'in_progress'),
  )
  const releasePlace = store.prepare<unknown, { owner: string; anyoneThere: string }>((db, { owner, anyoneThere }) =>
    db
      .updateTable('responses')
      .set({ owner: null, due_at: store.nowMs })
      .where('due_at', '>', store.nowMs)
      .where('owner', 'like', anyoneThere)
      .where('owner', '<>', owner),
  )
  const listOwners = store.prepare<{ owner: string | null }>((db) =>
    db.selectFrom('responses').select('owner').distinct().where('due_at', 'is not', null),
  )
  return {
    listOwners: async () => (await listOwners.all(null, {})).flatMap(({ owner }) => owner ?? []),
    lockDue: async (tx: Transaction, { responseId, attempt }: AttemptKey, { owner, leaseMs }: Lease) =>
      (await lockDue.run(tx, { responseId, attempt, owner, leaseMs })) > 0,
    async lose(tx: Transaction, { responseId, attempt }: AttemptKey, usage: Usage | null): Promise<void> {
      await lose.write(tx, { responseId, attempt, usage: usage === null ? null : JSON.stringify(usage) })
    },
    async advance(tx: Transaction, { responseId, attempt }: AttemptKey): Promise<void> {
      await advance.write(tx, { responseId, attempt })
    },
    renew: async (tx: Transaction, { responseId, attempt }: AttemptKey, { owner, leaseMs }: Lease) =>
      (await renew.run(tx, { responseId, attempt, owner, leaseMs })) > 0,
    release: async (tx: Transaction, { responseId, attempt }: AttemptKey) =>
      (await release.run(tx, { responseId, attempt })) > 0,
    releasePlace: (tx: Transaction, { owner }: Lease) =>
      releasePlace.run(tx, { owner, anyoneThere: `${placeOf(owner)}/%` }),
  }
}
