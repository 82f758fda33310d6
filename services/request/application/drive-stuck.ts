import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction, Transactor } from '@parley/chassis/values/transaction.ts'
import type { AuditedResponse } from '@parley/response/contract.ts'
import { type SagaEvent, sagaAfter } from '../domain/request-saga.ts'
import type { RequestEvents, Turns } from './ports.ts'
import type { SettledOutcome, SettleRequest } from './settle-request.ts'
import type { Outcomes, SagaStore, StuckRow } from './upkeep-ports.ts'

export interface DriveStuckPorts {
  sagas: SagaStore
  outcomes: Outcomes
  events: RequestEvents
  turns: Pick<Turns, 'abandon'>
  settleRequest: SettleRequest
  transactor: Transactor
  clock: Clock
  /** Runs work on behalf of a tenant, in a context of its own. */
  onBehalfOf<T>(tenant: string, work: (context: CallContext) => Promise<T>): Promise<T>
}

export interface DriveStuckLimits {
  readonly stuckAfterMs: number
  /** How often the event of a request is sent again before it is given up. */
  readonly drivesMax: number
  readonly roundMax: number
}

/** Resolves to how many requests were looked at. */
export type DriveStuck = () => Promise<number>

/**
 * Takes up requests of which nothing was heard for a while. The response service is asked what became of each:
 *
 *   it has ended            its ledger row is written from the answer, as the lost event would have had it
 *   it waits or runs        noted as seen; asked again after another while
 *   it is not known there   the event is sent again; after `drivesMax` times the request is given up: its row says
 *                           failed, its holds are released, its session is freed
 *   its turn is over        the wait for it ends
 *
 * When the response service cannot be reached, nothing is concluded from that.
 */
export function createDriveStuck(ports: DriveStuckPorts, limits: DriveStuckLimits): DriveStuck {
  const { sagas, outcomes, events, turns, settleRequest, transactor, clock, onBehalfOf } = ports
  const { stuckAfterMs, drivesMax, roundMax } = limits

  return async function driveStuck() {
    const stuck = await sagas.listStuck({ stuckAfterMs, limit: roundMax })
    const byTenant = Map.groupBy(stuck, ({ tenant }) => tenant)
    for (const [tenant, rows] of byTenant) {
      await onBehalfOf(tenant, async (context) => {
        const ids = rows.map(({ responseId }) => responseId)
        const found = await outcomes.findResponses(context, ids)
        const byId = new Map(found.map((response) => [response.responseId, response]))
        for (const row of rows) await drive(context, row, byId.get(row.responseId))
      })
    }
    return stuck.length
  }

  async function drive(context: CallContext, row: StuckRow, response: AuditedResponse | undefined): Promise<void> {
    if (row.turn === 'owed') {
      if (response?.isTurnOwed !== true) await endTurn(context, row)
    } else if (response === undefined) {
      if (row.drives < drivesMax) await sendAgain(context, row)
      else await giveUp(context, row)
    } else if (response.completedAt === null) {
      await transactor.transaction(async (tx) => {
        if (await sagas.touch(tx, row, { isDrive: false })) await noteOnce(tx, row, 'run')
      })
    } else {
      const outcome = outcomeOf(response, response.completedAt)
      await transactor.transaction((tx) => settleRequest(tx, context, outcome))
    }
  }

  /** Only the session knows whether it got the turn. */
  async function endTurn(context: CallContext, row: StuckRow): Promise<void> {
    const { tenant, sessionId, responseId } = row
    const found = sessionId === null ? [] : await outcomes.findTurns(context, [{ tenant, sessionId, responseId }])
    const turn = found.some(({ isAppended }) => isAppended) ? 'appended' : 'freed'
    sagaAfter('turn-owed', turn === 'appended' ? 'append' : 'free')
    await transactor.transaction((tx) => sagas.endTurn(tx, row, turn))
  }

  async function sendAgain(context: CallContext, row: StuckRow): Promise<void> {
    const { tenant, requestId, responseId, acceptedAt } = row
    await transactor.transaction(async (tx) => {
      const input = await sagas.findInput(tx, tenant, requestId)
      if (input === undefined || !(await sagas.touch(tx, row, { isDrive: true }))) return
      await sagas.note(tx, row, 'drive')
      const { model, sessionId, previousResponseId, store } = input
      const keepFrames = store || (await sagas.isKeyed(tx, tenant, responseId))
      const data = { requestId, responseId, model, sessionId, previousResponseId, store, keepFrames, acceptedAt }
      await events.submitted(tx, context, { ...data, again: true }, row.drives + 1)
    })
  }

  /** Without its input nobody can run the request any more, should the event still arrive. */
  async function giveUp(context: CallContext, row: StuckRow): Promise<void> {
    const { tenant, requestId, responseId, sessionId, model } = row
    const nothing = { provider: null, usage: null, attempts: 0, turn: 'none' as const }
    const outcome = { requestId, responseId, status: 'failed' as const, model, settledAt: clock.now(), ...nothing }
    const gaveUp = await transactor.transaction(async (tx) => {
      if (!(await sagas.touch(tx, row, { isDrive: false }))) return false
      await sagas.note(tx, row, 'give-up')
      await sagas.forgetInput(tx, tenant, requestId)
      await settleRequest(tx, context, outcome)
      return true
    })
    // A session that cannot be freed now is freed when its reservation lapses.
    if (gaveUp && sessionId !== null) await turns.abandon(context, { sessionId, responseId }).catch(() => {})
  }

  /** A long run is seen many times; its history says so once between two drives. */
  async function noteOnce(tx: Transaction, row: StuckRow, event: SagaEvent): Promise<void> {
    const steps = await sagas.listSteps(row.tenant, row.requestId)
    if (steps.at(-1)?.event !== event) await sagas.note(tx, row, event)
  }
}

function outcomeOf(response: AuditedResponse, settledAt: number): SettledOutcome {
  const { requestId, responseId, sessionId, status, model, provider, usage, attempt, lostUsage, turn } = response
  if (status === 'queued' || status === 'in_progress') throw new Error(`a response that is ${status} has not ended`)
  return {
    ...{ requestId, responseId, sessionId, status, model, provider, usage, lostUsage, turn, settledAt },
    attempts: attempt,
  }
}
