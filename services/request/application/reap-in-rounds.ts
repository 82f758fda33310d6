import type { Timers } from '@parley/chassis/values/timers.ts'
import type { DriveStuck } from './drive-stuck.ts'

export interface Reaper {
  start(): void
  /** Resolves when no round is under way and none will follow. */
  stop(): Promise<void>
}

/** Looks for stuck requests four times as often as one becomes stuck; a round that failed is made up for by the next. */
export function createReaper(ports: {
  driveStuck: DriveStuck
  timers: Timers
  stuckAfterMs: number
  onFailure: (error: unknown) => void
}): Reaper {
  const { driveStuck, timers, stuckAfterMs, onFailure } = ports
  const everyMs = Math.max(stuckAfterMs / 4, everyMsMin)
  let cancel = () => {}
  let current: Promise<unknown> = Promise.resolve()
  let stopped = false

  return {
    start: plan,
    async stop() {
      stopped = true
      cancel()
      await current
    },
  }

  function plan(): void {
    if (stopped) return
    cancel = timers.after(everyMs, () => {
      current = driveStuck().catch(onFailure).finally(plan)
    })
  }
}

const everyMsMin = 50
