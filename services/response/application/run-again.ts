import type { Clock } from '@parley/chassis/values/clock.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import { causeOf } from './cause-of.ts'
import type { ClaimResponse } from './claim-response.ts'
import type { LiveRun } from './live-runs.ts'
import { pause } from './persist.ts'
import type { OpenScope, RunObserver } from './ports.ts'

export interface RunAgainPorts {
  claim: Pick<ClaimResponse, 'claimNext'>
  openScope: OpenScope
  observer: RunObserver
  clock: Clock
  timers: Timers
  /** Read for each response: it may change. */
  limits: { readonly attemptsMax: number; readonly runTimeoutMs: number }
}

/** `lostUsage`: what the provider may have been paid for. */
export type RunAgain = (run: LiveRun, lost: { framesBefore: number; lostUsage: Usage }) => Promise<boolean>

/** What breaks a connection usually goes on for a moment, in which every attempt would be lost. */
const firstDelayMs = 100
const delayMaxMs = 2_000

/**
 * Puts the next attempt in the place of a lost one whose process is alive: its lease and its followers stay. False when
 * there may be no other, or the run was stopped meanwhile.
 */
export function createRunAgain({ claim, openScope, observer, clock, timers, limits }: RunAgainPorts): RunAgain {
  return async function runAgain(run, { framesBefore, lostUsage }) {
    const { attempt, response } = run.claim
    if (attempt >= limits.attemptsMax) return false
    await pause(timers, Math.min(firstDelayMs * 4 ** (attempt - 1), delayMaxMs), run.scope.signal)
    if (run.scope.reason !== null) return false
    const next = await claim.claimNext(run.claim, { framesBefore, lostUsage })
    if (next === null) {
      run.stop('overtaken', new AppError('OUTCOME_UNKNOWN', 'Another process has taken over.'))
      return false
    }
    run.leaseRenewedAtMs = clock.monotonicMs()
    observer.attemptLost(response)
    const { tenant } = response
    const cause = causeOf(response)
    run.goOn(next, openScope({ tenant, deadlineMs: limits.runTimeoutMs, cause, span: 'run response' }))
    return true
  }
}
