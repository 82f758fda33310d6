import { trySqliteLock } from '@parley/chassis/store/sqlite-lock.ts'

// Holds a lock until it is killed.
const lock = trySqliteLock(process.argv[2] ?? '')
process.stdout.write(lock === null ? 'refused\n' : 'held\n')
setInterval(() => {}, 1_000)
