import { FrameNumbering, responseStart } from '../domain/frame-numbering.ts'
import { cancelledOutcome, interruptedOutcome } from '../domain/outcome.ts'
import { estimateUsage } from '../domain/token-budget.ts'
import { causeOf } from './cause-of.ts'
import { partOf } from './logged-part.ts'
import type { ContentStore, FrameLog, Lease, OpenScope, RequestInputs, ResponseRecord, ResponseStore } from './ports.ts'
import type { SettleResponse } from './settle-response.ts'

export interface SettleUnrunPorts {
  store: ResponseStore
  log: FrameLog
  contents: ContentStore
  inputs: RequestInputs
  settle: SettleResponse
  openScope: OpenScope
  lease: Lease
}

/** Ends a due response that nobody runs. False when someone else has taken it up or it has grown meanwhile. */
export type SettleUnrun = (response: ResponseRecord, end: 'cancel' | 'interrupt') => Promise<boolean>

const settleUnrunMs = 30_000

export function createSettleUnrun(ports: SettleUnrunPorts): SettleUnrun {
  const { store, log, contents, inputs, settle, openScope, lease } = ports

  return async function settleUnrun(response, end) {
    const { responseId, attempt, tenant } = response
    const scope = openScope({ tenant, deadlineMs: settleUnrunMs, cause: causeOf(response) })
    try {
      const { frames, assembly } = await partOf(log, response)
      const inputKept = response.store && (await contents.find(responseId)) !== undefined
      const input = await inputs.find(scope, response.requestId)
      const usage = attempt === 0 || input === null ? null : estimateUsage(input, assembly.items())
      const numbering = new FrameNumbering(frames.length)
      const missing = frames.length === 0 ? [responseStart(response)] : []
      return await settle({
        response,
        attempt,
        context: scope,
        outcome: end === 'cancel' ? cancelledOutcome(usage) : interruptedOutcome(usage),
        input,
        inputKept,
        output: assembly.items(),
        frames: [...missing, ...assembly.missingEnds()].map((step) => numbering.number(step)),
        isLost: attempt > 0,
        number: (step) => numbering.number(step),
        guard: async (tx) =>
          (await store.lockDue(tx, { responseId, attempt }, lease)) &&
          (!response.logged || (await log.count(tx, responseId)) === frames.length),
      })
    } finally {
      scope.close()
    }
  }
}
