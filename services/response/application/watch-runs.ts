import type { Clock } from '@parley/chassis/values/clock.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { LiveRun, LiveRuns } from './live-runs.ts'
import type { Lease, ResponseStore, RunObserver } from './ports.ts'

export interface WatchRunsPorts {
  runs: LiveRuns
  store: ResponseStore
  transactor: Transactor
  lease: Lease
  /** How long a plain run waits for its follower. */
  attachMs: number
  observer: RunObserver
  clock: Clock
  timers: Timers
}

export interface WatchRuns {
  /** A run has started: watch until there is none. */
  wake(): void
  stop(): void
}

const tickMs = 1_000

/**
 * Looks after the runs of this process once a second: prolongs leases well before they lapse, stops runs that were
 * cancelled from elsewhere or overtaken, and plain runs that nobody has come for.
 */
export function createWatchRuns(ports: WatchRunsPorts): WatchRuns {
  const { runs, store, transactor, lease, attachMs, observer, clock, timers } = ports
  const renewMs = lease.leaseMs / 3
  let cancel: (() => void) | null = null

  return {
    wake() {
      cancel ??= timers.after(tickMs, () => void tick())
    },
    stop() {
      cancel?.()
      cancel = null
    },
  }

  async function tick(): Promise<void> {
    const nowMs = clock.monotonicMs()
    stopUnattended(nowMs)
    try {
      await renewLeases(nowMs)
      if (runs.running > 0) await stopCancelled()
    } catch (error) {
      observer.failed(error, 'leases could not be renewed', null)
    }
    // Stopped meanwhile: no other tick follows.
    if (cancel === null) return
    cancel = runs.size > 0 ? timers.after(tickMs, () => void tick()) : null
  }

  function stopUnattended(nowMs: number): void {
    for (const run of runs) {
      if (run.feed.logged || run.feed.hasFollower || nowMs - run.startedAtMs < attachMs) continue
      if (run.isRunning) run.stop('abandoned', new AppError('CALL_CANCELLED', 'Nobody came to follow the response.'))
      else runs.remove(run)
    }
  }

  async function renewLeases(nowMs: number): Promise<void> {
    const ageing = [...runs]
      .filter((run) => run.isRunning && nowMs - run.leaseRenewedAtMs >= renewMs)
      .map((run) => ({ run, key: keyOf(run) }))
    if (ageing.length === 0) return
    const kept = await transactor.transaction((tx) => Promise.all(ageing.map(({ key }) => store.renew(tx, key, lease))))
    for (const [index, { run, key }] of ageing.entries()) {
      if (kept[index]) run.leaseRenewedAtMs = nowMs
      else if (run.isRunning && run.claim.attempt === key.attempt) {
        observer.fenced('lease')
        run.stop('overtaken', new AppError('OUTCOME_UNKNOWN', 'Another process has taken over.'))
      }
    }
  }

  async function stopCancelled(): Promise<void> {
    for (const responseId of await store.listCancelRequested()) {
      runs.find(responseId)?.stop('cancelled', new AppError('CALL_CANCELLED', 'The response was cancelled.'))
    }
  }
}

function keyOf({ claim }: LiveRun) {
  return { responseId: claim.response.responseId, attempt: claim.attempt }
}
