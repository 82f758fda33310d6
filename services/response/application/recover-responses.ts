import type { Usage } from '@parley/kernel/usage.ts'
import { estimateUsage } from '../domain/token-budget.ts'
import type { ClaimResponse } from './claim-response.ts'
import type { FrameLog, OpenScope, RequestInputs, ResponseRecord, RunObserver } from './ports.ts'
import type { SettleUnrun } from './settle-unrun.ts'

export interface RecoverPorts {
  claim: ClaimResponse
  settleUnrun: SettleUnrun
  log: FrameLog
  inputs: RequestInputs
  openScope: OpenScope
  observer: RunObserver
  attemptsMax: number
}

export type RecoverResponse = (response: ResponseRecord) => Promise<void>

const findInputMs = 5_000

/**
 * Takes over a response whose lease has lapsed. While nothing but its start was delivered it silently starts again; once
 * there was more, or for a client that cannot come back for it, it ends incomplete.
 */
export function createRecoverResponse(ports: RecoverPorts): RecoverResponse {
  const { claim, settleUnrun, log, inputs, openScope, observer, attemptsMax } = ports

  return async function recoverResponse(response) {
    const { responseId, logged, attempt, cancelRequested } = response
    const framesBefore = logged ? await log.count(null, responseId) : 0
    const restarts = logged && framesBefore <= 1 && attempt < attemptsMax && !cancelRequested
    const taken = restarts
      ? await claim.claimDue(response, { framesBefore, lostUsage: await usageOfLost(response) })
      : await settleUnrun(response, cancelRequested ? 'cancel' : 'interrupt')
    if (taken) observer.attemptLost(response)
  }

  /** The provider may have read the input and been paid for it, though nobody saw an answer. */
  async function usageOfLost({ requestId, tenant, correlationId }: ResponseRecord): Promise<Usage | null> {
    const scope = openScope({
      tenant,
      deadlineMs: findInputMs,
      cause: { correlationId, causationId: null, traceparent: null },
    })
    try {
      const input = await inputs.find(scope, requestId)
      return input === null ? null : estimateUsage(input, [])
    } finally {
      scope.close()
    }
  }
}
