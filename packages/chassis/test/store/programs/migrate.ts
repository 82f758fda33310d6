import { openStore } from '@parley/chassis/store/open-store.ts'
import { sql } from 'kysely'

// Opens a store whose migrations would leave more rows if any of them ran twice.
const url = process.argv[2] ?? ''

/** Keeps the transaction open for long enough that the other processes come upon it. */
function holdUp(ms: number): void {
  for (const endsAt = performance.now() + ms; performance.now() < endsAt; );
}

const steps = [2, 3, 4, 5, 6].map((n) => ({
  name: `000${n}-step`,
  up: async (db: never) => {
    await sql`insert into steps values (${n})`.execute(db)
    holdUp(100)
  },
}))
const store = await openStore({
  url,
  service: 'race',
  migrations: [
    { name: '0001-initial', up: (db) => db.schema.createTable('steps').addColumn('n', 'integer').execute() },
    ...steps,
  ],
  durability: 'process',
})
await store[Symbol.asyncDispose]()
