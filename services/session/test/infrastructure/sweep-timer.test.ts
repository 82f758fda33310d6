import { type TestContext, test } from 'node:test'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import { SweepTimer } from '../../infrastructure/sweep-timer.ts'

const intervalMs = 1_000
const silent = { info() {}, warn() {} }

function startTimer(sweep: (signal: AbortSignal) => Promise<number>) {
  const timers = createFakeClock()
  const timer = new SweepTimer({ sweep, intervalMs, timers, log: silent })
  timer.start()
  return {
    timers,
    timer,
    again: () => waitUntil(() => timers.pendingTimers === 1, { what: 'the next sweep being due' }),
  }
}

test('sweeps follow each other at the interval, failed ones included', async (t: TestContext) => {
  let sweeps = 0
  const { timers, again } = startTimer(async () => {
    sweeps += 1
    if (sweeps === 1) throw new Error('the store is busy')
    return sweeps
  })
  timers.advance(intervalMs - 1)
  t.assert.strictEqual(sweeps, 0)
  timers.advance(1)
  t.assert.strictEqual(sweeps, 1)
  await again()
  timers.advance(intervalMs)
  t.assert.strictEqual(sweeps, 2)
})

test('stopping ends the sweep under way, waits for it and begins no other', async (t: TestContext) => {
  const mayEnd = createLatch()
  let wasAborted = false
  const { timers, timer } = startTimer(async (signal) => {
    await mayEnd.wait()
    wasAborted = signal.aborted
    return 0
  })
  timers.advance(intervalMs)
  const stopped = timer.stop()
  mayEnd.open()
  await stopped
  t.assert.ok(wasAborted)
  t.assert.strictEqual(timers.pendingTimers, 0)
})

test('stopping before the first sweep leaves no timer', async (t: TestContext) => {
  const { timers, timer } = startTimer(async () => 0)
  await timer.stop()
  await timer.stop()
  t.assert.strictEqual(timers.pendingTimers, 0)
})
