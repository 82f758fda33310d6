import { type TestContext, test } from 'node:test'
import { deadlines } from '@parley/chassis/contract/deadlines.ts'

/** Resolves to when the deadline was told, relative to when it was due. */
function lateness(delayMs: number): Promise<number> {
  const atMs = performance.now() + delayMs
  return new Promise((resolve) => {
    deadlines.add(atMs, { expire: () => resolve(performance.now() - atMs) })
  })
}

test('deadlines are told in time, near ones and ones beyond a turn of the wheel', async (t: TestContext) => {
  const keepAlive = setInterval(() => {}, 1_000)
  t.after(() => clearInterval(keepAlive))
  const told = await Promise.all([-5, 0, 1, 40, 500, 1_100, 2_100].map(lateness))
  for (const lateMs of told) t.assert.ok(lateMs >= 0, `told ${lateMs} ms after its time`)
  // A wheel that missed a slot would be a whole turn late.
  for (const lateMs of told) t.assert.ok(lateMs < 900, `told ${lateMs} ms after its time`)
})

test('a cancelled deadline is not told, even when one of the same time cancels it', async (t: TestContext) => {
  const keepAlive = setInterval(() => {}, 1_000)
  t.after(() => clearInterval(keepAlive))
  const told: string[] = []
  const atMs = performance.now() + 20
  const cancelled = deadlines.add(atMs, { expire: () => told.push('cancelled') })
  cancelled.cancel()
  cancelled.cancel()
  deadlines.add(atMs, {
    expire() {
      told.push('first')
      second.cancel()
    },
  })
  const second = deadlines.add(atMs, { expire: () => told.push('second') })
  deadlines.add(Number.POSITIVE_INFINITY, { expire: () => told.push('never') }).cancel()
  await lateness(60)
  t.assert.deepStrictEqual(told, ['first'])
})
