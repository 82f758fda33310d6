import { rm } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import { assertSqliteVersion } from './open-store.ts'
import { StoreRefusedError } from './store-errors.ts'

export interface SqliteCopy {
  readonly from: string
  /** Must not be there yet. */
  readonly to: string
}

const busyTimeoutMs = 5_000
const pagesPerStep = 1_000

/**
 * Copies databases that may be in use, all as they were at one moment: no commit of any of them can fall between two. For
 * that, writing is held up in all of them for as long as it takes to open a read transaction in each, some milliseconds;
 * copying then reads those. What is restored from the copies is what a loss of power at that moment would have left.
 * Throws StoreRefusedError.
 */
export async function copySqliteTogether(copies: readonly SqliteCopy[]): Promise<void> {
  assertSqliteVersion(process.versions.sqlite ?? '0.0.0')
  const readers = openTogether(copies.map(({ from }) => from))
  try {
    for (const [index, { to }] of copies.entries()) {
      const reader = readers[index]
      if (reader === undefined) continue
      await backup(reader, to, { rate: pagesPerStep })
      assertWhole(to)
    }
  } catch (error) {
    for (const { to } of copies) await rm(to, { force: true })
    throw error
  } finally {
    for (const reader of readers) reader.close()
  }
}

/** Connections that read the state of one moment. */
function openTogether(paths: readonly string[]): DatabaseSync[] {
  const [writers, readers]: [DatabaseSync[], DatabaseSync[]] = [[], []]
  try {
    for (const path of paths) {
      const writer = new DatabaseSync(path, { timeout: busyTimeoutMs })
      writers.push(writer)
      writer.exec('begin immediate')
    }
    for (const path of paths) {
      const reader = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
      readers.push(reader)
      reader.exec('begin')
      // A read transaction begins with its first read.
      reader.prepare('select count(*) from sqlite_schema').get()
    }
    return readers
  } catch (cause) {
    for (const reader of readers) reader.close()
    throw new StoreRefusedError('the databases could not be held still for a moment: try again', { cause })
  } finally {
    for (const writer of writers) writer.close()
  }
}

/** Throws StoreRefusedError when the file is not a whole database. */
export function assertWhole(path: string): void {
  const copy = new DatabaseSync(path)
  try {
    const { integrity_check: verdict } = copy.prepare('pragma integrity_check').get() as { integrity_check: string }
    if (verdict !== 'ok') throw new StoreRefusedError(`${path} is damaged: ${verdict}`)
    // A copy that is one file is moved and kept more easily; opening it for use changes that again.
    copy.exec('pragma journal_mode = delete')
  } finally {
    copy.close()
  }
}
