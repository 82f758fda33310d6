import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openNotes, prepareNotes } from './notes-store.ts'

const megabyte = 1024 * 1024

test('the log is moved into the file while writing goes on, and starts again', async (t: TestContext) => {
  await using store = await openNotes()
  const { put, ids } = prepareNotes(store)
  const text = 'x'.repeat(60_000)
  let rank = 0
  // 16 pages a row: 160 MB of log in all, which checkpoints keep well below that.
  for (; rank < 2_600; rank += 8) {
    const batch = Array.from({ length: 8 }, (_, index) => ({ id: `n${rank + index}`, text, rank: rank + index }))
    for (const note of batch) await store.transaction((tx) => put.run(tx, note))
  }
  const log = await stat(join(store.folder, 'notes.db-wal'))
  t.assert.ok(log.size < 130 * megabyte, `the log has ${Math.round(log.size / megabyte)} MB`)
  t.assert.strictEqual((await ids.all(null, {})).length, rank)
  t.assert.strictEqual(store.failure(), null)
})
