import { writeSync } from 'node:fs'
import { openStore } from '@parley/chassis/store/open-store.ts'
import type { Durability } from '@parley/chassis/store/store.ts'
import { type NoteSchema, noteMigrations, prepareNotes } from '../notes-store.ts'

// Writes rows until it is killed, and prints the number of each once it is acknowledged.
/** Under a tracer nobody else could end it. */
setTimeout(() => process.exit(1), 60_000).unref()

const [folder = '', durability = 'process'] = process.argv.slice(2)
const store = await openStore<NoteSchema>({
  url: `sqlite:${folder}`,
  service: 'notes',
  migrations: noteMigrations,
  durability: durability as Durability,
})
const { put } = prepareNotes(store)

/** Written when it returns, however slowly the other end reads. */
function say(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(1, bytes, sent)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

async function write(lane: number): Promise<void> {
  for (let rank = lane; ; rank += 8) {
    try {
      await store.transaction((tx) => put.run(tx, { id: `note-${rank}`, text: 'x'.repeat(200), rank }))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : String(error)
      say(`refused ${code} ${store.failure()}`)
      return
    }
    say(String(rank))
  }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write))
const late = await store.transaction(async () => 'accepted').catch((error: Error) => Reflect.get(error, 'code'))
say(`late ${late}`)
