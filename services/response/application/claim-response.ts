import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction, Transactor } from '@parley/chassis/values/transaction.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { RequestSubmitted } from '@parley/request/contract.ts'
import { causeOf } from './cause-of.ts'
import type { LiveRuns } from './live-runs.ts'
import type { Cause, Claim, FrameLog, Lease, ResponseRecord, ResponseStore } from './ports.ts'

export interface ClaimResponsePorts {
  store: ResponseStore
  log: FrameLog
  transactor: Transactor
  runs: LiveRuns
  lease: Lease
  /** Runs a claim; it has been committed. */
  start: (claim: Claim, cause: Cause) => void
  /** Is told that something was left in the queue. */
  onQueued: () => void
}

export interface ClaimResponse {
  /** Takes a submitted request in, and claims it in the same transaction when this process has a free slot. */
  accept(tx: Transaction, context: CallContext, submitted: RequestSubmitted): Promise<void>
  /** Starts the next attempt of a due response. False when someone else was faster, or its log has grown meanwhile. */
  claimDue(response: ResponseRecord, options: { framesBefore: number; lostUsage: Usage | null }): Promise<boolean>
  /**
   * Starts the attempt after one that this process runs and that was lost; its caller runs it. Null when another process
   * has taken the response over.
   */
  claimNext(claim: Claim, options: { framesBefore: number; lostUsage: Usage | null }): Promise<Claim | null>
  /** From now on everything is left for other processes. */
  stop(): void
}

/**
 * Claiming is deciding who runs a response. The claim is at once the durable note, before any provider is called, that
 * it may have been.
 */
export function createClaimResponse(ports: ClaimResponsePorts): ClaimResponse {
  const { store, log, transactor, runs, lease, start, onQueued } = ports
  let stopped = false

  return {
    async accept(tx, context, submitted) {
      const claimed = !stopped && runs.freeSlots > 0
      if (submitted.again === true && (await store.find(submitted.responseId)) !== undefined) return
      await store.insert(tx, context, submitted, claimed ? lease : null)
      tx.afterCommit(() => {
        if (claimed) start({ response: recordOf(context, submitted), attempt: 1, framesBefore: 0 }, context)
        else {
          onQueued()
          runs.announce(submitted.responseId)
        }
      })
    },

    async claimDue(response, { framesBefore, lostUsage }) {
      const key = { responseId: response.responseId, attempt: response.attempt }
      if (stopped) return false
      return transactor.transaction(async (tx) => {
        if (!(await store.lockDue(tx, key, lease))) return false
        if (key.attempt > 0 && response.logged && (await log.count(tx, key.responseId)) !== framesBefore) return false
        await store.beginNextAttempt(tx, key, lostUsage)
        const attempt = response.attempt + 1
        const claim = { response: { ...response, status: 'in_progress' as const, attempt }, attempt, framesBefore }
        tx.afterCommit(() => start(claim, causeOf(response)))
        return true
      })
    },

    claimNext({ response, attempt }, { framesBefore, lostUsage }) {
      const key = { responseId: response.responseId, attempt }
      return transactor.transaction(async (tx) => {
        if (!(await store.renew(tx, key, lease))) return null
        await store.beginNextAttempt(tx, key, lostUsage)
        const next = attempt + 1
        return { response: { ...response, attempt: next }, attempt: next, framesBefore }
      })
    },

    stop() {
      stopped = true
    },
  }
}

/** The row as `insert` has just written it, without reading it back. */
function recordOf({ principal, correlationId, traceparent }: CallContext, submitted: RequestSubmitted): ResponseRecord {
  return {
    responseId: submitted.responseId,
    requestId: submitted.requestId,
    tenant: principal.tenant,
    correlationId,
    traceparent,
    model: submitted.model,
    sessionId: submitted.sessionId,
    previousResponseId: submitted.previousResponseId,
    store: submitted.store,
    logged: submitted.store || submitted.keepFrames,
    status: 'in_progress',
    attempt: 1,
    owner: null,
    cancelRequested: false,
    outcome: null,
    pendingTurn: null,
    createdAt: submitted.acceptedAt,
    completedAt: null,
  }
}
