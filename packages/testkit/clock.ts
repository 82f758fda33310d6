import type { Clock } from '@parley/chassis/values/clock.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'

/** Time that stands still until a test moves it. */
export interface FakeClock extends Clock, Timers {
  /** Moves both clocks and runs the timers that became due, in their order, each at its own time. */
  advance(ms: number): void
  /** Moves only the wall clock, as an operator or NTP would; timers and monotonic time stay. */
  jump(ms: number): void
  readonly pendingTimers: number
}

interface PendingTimer {
  readonly dueMs: number
  readonly action: () => void
}

export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  const pending = new Set<PendingTimer>()
  let elapsedMs = 0
  let jumpedMs = 0

  function nextDue(untilMs: number): PendingTimer | undefined {
    let next: PendingTimer | undefined
    for (const timer of pending) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }

  return {
    now: () => startMs + elapsedMs + jumpedMs,
    monotonicMs: () => elapsedMs,
    after(delayMs, action) {
      const timer = { dueMs: elapsedMs + delayMs, action }
      pending.add(timer)
      return () => pending.delete(timer)
    },
    advance(ms) {
      const untilMs = elapsedMs + ms
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        pending.delete(timer)
        elapsedMs = timer.dueMs
        timer.action()
      }
      elapsedMs = untilMs
    },
    jump(ms) {
      jumpedMs += ms
    },
    get pendingTimers() {
      return pending.size
    },
  }
}
