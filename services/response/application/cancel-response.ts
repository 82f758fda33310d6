import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import { isTerminal } from '../domain/response-lifecycle.ts'
import type { LiveRun, LiveRuns } from './live-runs.ts'
import { pause } from './persist.ts'
import type { ResponseRecord, ResponseStore } from './ports.ts'
import type { SettleUnrun } from './settle-unrun.ts'

export interface CancelResponsePorts {
  store: ResponseStore
  transactor: Transactor
  runs: LiveRuns
  settleUnrun: SettleUnrun
  timers: Timers
}

/** Resolves once the response has ended, however it did; false when the tenant has none with this id. */
export type CancelResponse = (context: CallContext, responseId: string) => Promise<boolean>

const pollMs = 100

/**
 * Stops a response wherever it is: at once when it runs here, before it starts when it is queued, and by a note to its
 * process when it runs elsewhere. Changes nothing about one that has ended.
 */
export function createCancelResponse(ports: CancelResponsePorts): CancelResponse {
  const { store, transactor, runs, settleUnrun, timers } = ports

  return async function cancelResponse(context, responseId) {
    while (true) {
      const response = await store.find(responseId)
      if (response === undefined || response.tenant !== context.principal.tenant) return false
      if (isTerminal(response.status) && response.pendingTurn === null) return true
      await stop(context, response)
      if (context.signal.aborted) throw context.signal.reason
    }
  }

  async function stop(context: CallContext, response: ResponseRecord): Promise<void> {
    const run = runs.find(response.responseId)
    if (run?.isRunning) return stopHere(context, run)
    if (response.status === 'queued' && (await settleUnrun(response, 'cancel'))) return
    if (response.status === 'in_progress' && !response.cancelRequested) {
      await transactor.transaction((tx) => store.requestCancel(tx, response.responseId))
    }
    await pause(timers, pollMs, context.signal)
  }
}

async function stopHere({ signal }: CallContext, run: LiveRun): Promise<void> {
  run.stop('cancelled', new AppError('CALL_CANCELLED', 'The response was cancelled.'))
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    void run.finished.then(resolve)
  })
}
