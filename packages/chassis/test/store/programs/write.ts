import { writeSync } from 'node:fs'
import { openStore } from '@parley/chassis/store/open-store.ts'
import type { Durability } from '@parley/chassis/store/store.ts'
import { type NoteSchema, noteMigrations, prepareNotes } from '../notes-store.ts'

// Writes rows until it is killed, and prints the number of each once it is acknowledged.
const [folder = '', durability = 'process'] = process.argv.slice(2)
const store = await openStore<NoteSchema>({
  url: `sqlite:${folder}`,
  service: 'notes',
  migrations: noteMigrations,
  durability: durability as Durability,
})
const { put } = prepareNotes(store)

async function write(lane: number): Promise<void> {
  for (let rank = lane; ; rank += 8) {
    try {
      await store.transaction((tx) => put.run(tx, { id: `note-${rank}`, text: 'x'.repeat(200), rank }))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : String(error)
      writeSync(1, `refused ${code} ${store.failure()}\n`)
      return
    }
    writeSync(1, `${rank}\n`)
  }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write))
const late = await store.transaction(async () => 'accepted').catch((error: Error) => Reflect.get(error, 'code'))
writeSync(1, `late ${late}\n`)
