import type { Frame } from '@parley/kernel/frames.ts'
import { FrameNumbering } from '../domain/frame-numbering.ts'
import { cancelledOutcome, interruptedOutcome } from '../domain/outcome.ts'
import { OutputAssembly } from '../domain/output-assembly.ts'
import { estimateUsage } from '../domain/token-budget.ts'
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
    const { responseId, attempt, tenant, correlationId, createdAt, model } = response
    const scope = openScope({
      tenant,
      deadlineMs: settleUnrunMs,
      cause: { correlationId, causationId: null, traceparent: null },
    })
    try {
      const { frames, assembly } = await partOf(log, response)
      const inputKept = response.store && (await contents.find(responseId)) !== undefined
      const input = await inputs.find(scope, response.requestId)
      const usage = attempt === 0 || input === null ? null : estimateUsage(input, assembly.items())
      const numbering = new FrameNumbering(frames.length)
      const missing = frames.length === 0 ? [{ type: 'response-start' as const, createdAt, model }] : []
      return await settle({
        response,
        attempt,
        context: scope,
        outcome: end === 'cancel' ? cancelledOutcome(usage) : interruptedOutcome(usage),
        input,
        inputKept,
        output: assembly.items(),
        frames: [...missing, ...assembly.missingEnds()].map((step) => numbering.number(step)),
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

/** What is known of a response from its log: delivered frames, and what they come to. */
async function partOf(log: FrameLog, response: ResponseRecord): Promise<{ frames: Frame[]; assembly: OutputAssembly }> {
  const frames: Frame[] = []
  const assembly = new OutputAssembly()
  if (!response.logged) return { frames, assembly }
  for (let page = await log.read(null, response.responseId, -1); page.length > 0; ) {
    frames.push(...page)
    page = await log.read(null, response.responseId, frames.length - 1)
  }
  for (const { step } of frames) {
    if (step.type !== 'response-start' && step.type !== 'response-end') assembly.take(step)
  }
  return { frames, assembly }
}
