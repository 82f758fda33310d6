import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import type { Clock } from '../values/clock.ts'
import type { NewId } from '../values/ids.ts'

export const realClock: Clock = { now: () => Date.now(), monotonicMs: () => performance.now() }

const randomBytesPerId = 16
/** Asking the system for random bytes costs ten times the rest of an id, so they are fetched for many at once. */
const pool = Buffer.alloc(256 * randomBytesPerId)
let poolUsed = pool.length
let lastMs = 0
let seq = 0
const random = Buffer.alloc(randomBytesPerId)
const id = Buffer.alloc(16)

/** Ids made by one process sort in the order they were made, within a millisecond and when the clock is set back too. */
export const newId: NewId = (prefix) => {
  nextRandom()
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    seq = random.readUInt32BE(6) >>> 1
  } else {
    seq++
  }
  v7({ random, msecs: lastMs, seq }, id)
  return `${prefix}_${id.toString('hex')}`
}

/** Puts unused random bytes into `random`, without making a view of the pool for each id. */
function nextRandom(): void {
  if (poolUsed === pool.length) {
    randomFillSync(pool)
    poolUsed = 0
  }
  pool.copy(random, 0, poolUsed, poolUsed + randomBytesPerId)
  poolUsed += randomBytesPerId
}
