import type { Clock } from '@parley/chassis/values/clock.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { RequestRetention, SettledRequest } from './ports.ts'

export interface ForgetSettled {
  /** Notes a settled request; its input goes with the next round. */
  note(request: SettledRequest): void
  /** Takes up what an earlier process left, then works in rounds until `stop`. */
  start(): Promise<void>
  /** Forgets what was noted, and does no more. */
  stop(): Promise<void>
}

const forgetEveryMs = 2_000
const keysEveryMs = 10 * 60_000
/** Small enough not to be felt by a request that comes meanwhile. */
const roundMax = 100
/** A key answers for its request for a day after the request's end. */
const keyRetentionMs = 24 * 60 * 60_000

/**
 * Removes what settled requests no longer need, and ends waits for turns that came meanwhile, many in one transaction, off
 * the path of any request.
 */
export function createForgetSettled(ports: {
  retention: RequestRetention
  transactor: Transactor
  clock: Clock
  timers: Timers
  /** Called when a round failed; the next one tries again. */
  onFailure: (error: unknown) => void
}): ForgetSettled {
  const { retention, transactor, clock, timers, onFailure } = ports
  let noted: SettledRequest[] = []
  let cancelInputs = () => {}
  let cancelKeys = () => {}
  let stopped = false
  let planned = false

  return {
    note(request) {
      noted.push(request)
      planInputs()
    },
    async start() {
      await forgetLeftovers()
      planKeys(forgetEveryMs)
    },
    async stop() {
      stopped = true
      cancelInputs()
      cancelKeys()
      await forgetInputs()
    },
  }

  async function forgetLeftovers(): Promise<void> {
    for (let left = await retention.listForgotten(roundMax); left.length > 0; ) {
      const round = left
      await transactor.transaction((tx) => retention.forgetInputs(tx, round))
      left = await retention.listForgotten(roundMax)
    }
  }

  function planInputs(): void {
    if (planned || stopped) return
    planned = true
    cancelInputs = timers.after(forgetEveryMs, () => void forgetInputs().catch(onFailure))
  }

  async function forgetInputs(): Promise<void> {
    planned = false
    while (noted.length > 0) {
      const round = noted.splice(0, roundMax)
      await transactor
        .transaction(async (tx) => {
          await retention.forgetInputs(tx, round)
          await retention.meetEarlyTurns(tx)
        })
        .catch((error: unknown) => {
          noted = [...round, ...noted]
          planInputs()
          throw error
        })
    }
  }

  function planKeys(delayMs: number): void {
    if (stopped) return
    cancelKeys = timers.after(delayMs, () => {
      const instant = clock.now() - keyRetentionMs
      void transactor
        .transaction(async (tx) => {
          await retention.deleteKeysBefore(tx, instant)
          await retention.deleteEarlyTurnsBefore(tx, instant)
        })
        .catch(onFailure)
        .finally(() => planKeys(keysEveryMs))
    })
  }
}
