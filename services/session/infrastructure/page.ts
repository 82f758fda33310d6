import type { Page } from '../application/ports.ts'

/** A page from rows that were asked for with one more than `limit`. */
export function pageOf<Row, Entry>(rows: readonly Row[], limit: number, entryOf: (row: Row) => Entry): Page<Entry> {
  return { data: rows.slice(0, limit).map(entryOf), hasMore: rows.length > limit }
}
