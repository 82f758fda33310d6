import type { Migration } from '@parley/chassis/store/migrations.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import { createTestStore, type TestStore } from '@parley/testkit/store.ts'

/** A store with one table, for tests that need any. */
export interface NoteSchema {
  notes: { id: string; text: string; rank: number }
}

export const noteMigrations: readonly Migration[] = [
  {
    name: '0001-initial',
    async up(db) {
      await db.schema
        .createTable('notes')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('text', 'text', (column) => column.notNull())
        .addColumn('rank', 'integer', (column) => column.notNull())
        .execute()
    },
  },
]

export function openNotes(options?: Parameters<typeof createTestStore>[2]): Promise<TestStore<NoteSchema>> {
  return createTestStore<NoteSchema>('notes', noteMigrations, options)
}

export function prepareNotes(store: Store<NoteSchema>) {
  return {
    put: store.prepare<never, { id: string; text: string; rank: number }>((db, p) =>
      db.insertInto('notes').values({ id: p.id, text: p.text, rank: p.rank }),
    ),
    find: store.prepare<{ text: string; rank: number }, { id: string }>((db, p) =>
      db.selectFrom('notes').select(['text', 'rank']).where('id', '=', p.id),
    ),
    ids: store.prepare<{ id: string }>((db) => db.selectFrom('notes').select('id').orderBy('rank').orderBy('id')),
  }
}

export async function noteIds(store: Store<NoteSchema>): Promise<string[]> {
  const rows = await store.read.selectFrom('notes').select('id').orderBy('rank').orderBy('id').execute()
  return rows.map(({ id }) => id)
}
