import type { RequestInput } from '@parley/request/contract.ts'
import { estimateUsage } from '../domain/token-budget.ts'
import { causeOf } from './cause-of.ts'
import type { ClaimResponse } from './claim-response.ts'
import { partOf } from './logged-part.ts'
import type { FrameLog, OpenScope, RequestInputs, ResponseRecord, RunObserver } from './ports.ts'
import type { SettleUnrun } from './settle-unrun.ts'

export interface RecoverPorts {
  claim: ClaimResponse
  settleUnrun: SettleUnrun
  log: FrameLog
  inputs: RequestInputs
  openScope: OpenScope
  observer: RunObserver
  /** Read for each response: it may change. */
  limits: { readonly attemptsMax: number }
}

export type RecoverResponse = (response: ResponseRecord) => Promise<void>

const findInputMs = 5_000

/**
 * Takes over a response whose lease has lapsed. While nothing but its start was delivered it silently starts again. Once
 * there was more it starts again only if the request asked for that, and goes on below the broken answer. Otherwise, and
 * for a client that cannot come back for it, it ends incomplete.
 */
export function createRecoverResponse(ports: RecoverPorts): RecoverResponse {
  const { claim, settleUnrun, log, inputs, openScope, observer, limits } = ports

  return async function recoverResponse(response) {
    const { logged, attempt, cancelRequested } = response
    const taken =
      logged && attempt < limits.attemptsMax && !cancelRequested
        ? await startAgain(response)
        : await settleUnrun(response, cancelRequested ? 'cancel' : 'interrupt')
    if (taken) observer.attemptLost(response)
  }

  async function startAgain(response: ResponseRecord): Promise<boolean> {
    const { frames, assembly } = await partOf(log, response)
    const input = await findInput(response)
    if (frames.length > 1 && input?.onInterrupt !== 'restart') return settleUnrun(response, 'interrupt')
    // The provider may have read the input and been paid for it, whoever saw an answer.
    const lostUsage = input === null ? null : estimateUsage(input, assembly.items())
    return claim.claimDue(response, { framesBefore: frames.length, lostUsage })
  }

  async function findInput(response: ResponseRecord): Promise<RequestInput | null> {
    const scope = openScope({ tenant: response.tenant, deadlineMs: findInputMs, cause: causeOf(response) })
    try {
      return await inputs.find(scope, response.requestId)
    } finally {
      scope.close()
    }
  }
}
