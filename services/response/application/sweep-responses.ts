import type { Clock } from '@parley/chassis/values/clock.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { ClaimResponse } from './claim-response.ts'
import type { FinishOwedTurn } from './finish-turn.ts'
import type { LiveRuns } from './live-runs.ts'
import type { FrameLog, ResponseRecord, ResponseStore, RunObserver } from './ports.ts'
import type { RecoverResponse } from './recover-responses.ts'

export interface SweepPorts {
  store: ResponseStore
  log: FrameLog
  transactor: Transactor
  runs: LiveRuns
  claim: ClaimResponse
  recover: RecoverResponse
  finishOwedTurn: FinishOwedTurn
  releaseVacant: () => Promise<void>
  observer: RunObserver
  timers: Timers
  clock: Clock
}

export interface SweepResponses {
  /** Sweeps once, then keeps doing so. */
  start(): Promise<void>
  /** Something waits in the queue: look again as soon as a slot is free. */
  noteQueued(): void
  /** A run has ended. */
  noteFreeSlot(): void
  /** Resolves when nothing more is going on. */
  stop(): Promise<void>
}

export const sweepEveryMs = 5_000
const roundMax = 100
const forgetEveryMs = 10 * 60_000
/** Frames of a response that is only kept for its idempotency key, counted from its end. */
const framesRetentionMs = 24 * 60 * 60_000

/** Takes up what is due: responses that wait for a slot, whose process died, or that owe their session a turn. */
export function createSweepResponses(ports: SweepPorts): SweepResponses {
  const { store, log, transactor, runs, claim, recover, finishOwedTurn, releaseVacant, observer, timers, clock } = ports
  let current: Promise<void> | null = null
  let again = false
  let queued = false
  let stopped = false
  let cancelSweep = () => {}
  let cancelForget = () => {}

  return {
    async start() {
      await sweep()
      planForget(sweepEveryMs)
    },
    noteQueued() {
      queued = true
      if (runs.freeSlots > 0) void sweep()
    },
    noteFreeSlot() {
      if (queued) void sweep()
    },
    async stop() {
      stopped = true
      cancelSweep()
      cancelForget()
      await current
    },
  }

  /** One sweep at a time; a wish that comes during one is served by another round. */
  function sweep(): Promise<void> {
    if (stopped) return Promise.resolve()
    again = current !== null
    current ??= rounds().finally(() => {
      current = null
      cancelSweep()
      if (!stopped) cancelSweep = timers.after(sweepEveryMs, () => void sweep())
    })
    return current
  }

  async function rounds(): Promise<void> {
    await releaseVacant().catch((error: unknown) =>
      observer.failed(error, 'vacant places could not be looked for', null),
    )
    do {
      again = false
      queued = false
      try {
        const due = await store.listDue(roundMax)
        const taken = await Promise.all(due.map(takeUp))
        if (due.length === roundMax && taken.every(Boolean)) again = true
      } catch (error) {
        observer.failed(error, 'due responses could not be listed', null)
      }
    } while (again && !stopped)
  }

  /** False when the response has to wait for a slot or for another sweep. */
  async function takeUp(response: ResponseRecord): Promise<boolean> {
    try {
      if (response.status === 'in_progress') await recover(response)
      else if (response.status !== 'queued') await finishOwedTurn(response)
      else if (runs.freeSlots > 0) await claim.claimDue(response, { framesBefore: 0, lostUsage: null })
      else queued = true
      return !queued
    } catch (error) {
      observer.failed(error, 'a due response could not be taken up', response.responseId)
      return false
    }
  }

  function planForget(delayMs: number): void {
    if (stopped) return
    cancelForget = timers.after(delayMs, () => {
      const instant = clock.now() - framesRetentionMs
      void transactor
        .transaction((tx) => log.deleteUnstoredBefore(tx, instant))
        .catch((error: unknown) => observer.failed(error, 'old frames could not be deleted', null))
        .finally(() => planForget(forgetEveryMs))
    })
  }
}
