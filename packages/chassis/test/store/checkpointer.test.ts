import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { openNotes, prepareNotes } from './notes-store.ts'

const saltOffset = 16

/** A number in the header of the log, which changes whenever the log starts again from its beginning. */
async function readSalt(folder: string): Promise<number> {
  await using file = await open(join(folder, 'notes.db-wal'))
  const { buffer } = await file.read({ buffer: Buffer.alloc(4), position: saltOffset })
  return buffer.readUInt32BE()
}

test('the log is moved into the file while writing goes on, and starts again', async (t: TestContext) => {
  await using store = await openNotes()
  const { put, ids } = prepareNotes(store)
  const text = 'x'.repeat(12_000)
  let rank = 0
  const write = () => store.transaction((tx) => put.run(tx, { id: `n${++rank}`, text, rank }))
  await write()
  const salt = await readSalt(store.folder)
  await waitUntil(
    async () => {
      for (let count = 0; count < 8; count++) await write()
      return (await readSalt(store.folder)) !== salt
    },
    { timeoutMs: 60_000, pollMs: 1, what: 'a new beginning of the log' },
  )
  t.assert.strictEqual((await ids.all(null, {})).length, rank)
  t.assert.strictEqual(store.failure(), null)
})
