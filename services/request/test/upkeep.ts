import { AppError } from '@parley/chassis/values/errors.ts'
import type { AuditedResponse } from '@parley/response/contract.ts'
import type { AuditedTurn } from '@parley/session/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createDriveStuck } from '../application/drive-stuck.ts'
import { createReconcile } from '../application/reconcile.ts'
import type { Outcomes } from '../application/upkeep-ports.ts'
import type { Accepted, Exception } from '../contract.ts'
import { KyselyRequestAudit } from '../infrastructure/kysely-request-audit.ts'
import type { Requests } from './harness.ts'

export const usage = {
  ...{ inputTokens: 10, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 },
  provenance: 'provider' as const,
}

/** The response and session services as they would answer when they are asked what became of requests. */
export class FakeOutcomes implements Outcomes {
  readonly responses = new Map<string, AuditedResponse>()
  readonly turns: AuditedTurn[] = []
  isDown = false

  findResponses: Outcomes['findResponses'] = async (_context, responseIds) => {
    if (this.isDown) throw new AppError('SERVICE_UNAVAILABLE', 'The response service is away.')
    return responseIds.flatMap((id) => this.responses.get(id) ?? [])
  }

  listResponses: Outcomes['listResponses'] = async (_context, { after = '', limit }) => {
    const rest = [...this.responses.values()].filter(({ responseId }) => responseId > after)
    const sorted = rest.toSorted((a, b) => (a.responseId < b.responseId ? -1 : 1))
    return { data: sorted.slice(0, limit), hasMore: sorted.length > limit }
  }

  findTurns: Outcomes['findTurns'] = async (_context, turns) =>
    turns.map((turn) => {
      const found = this.turns.find((one) => one.responseId === turn.responseId && one.sessionId === turn.sessionId)
      return found ?? { ...turn, isAppended: false, hasSession: true }
    })

  listTurns: Outcomes['listTurns'] = async (_context, { after, limit }) => {
    const start =
      after === undefined ? 0 : this.turns.findIndex(({ responseId }) => responseId === after.responseId) + 1
    return { data: this.turns.slice(start, start + limit), hasMore: false }
  }
}

export function response(accepted: Accepted, change: Partial<AuditedResponse> = {}): AuditedResponse {
  const { requestId, responseId } = accepted
  return {
    ...{ tenant: 'tenant-a', requestId, responseId, sessionId: null, status: 'completed', model: 'some-model' },
    ...{ attempt: 1, attemptRows: 1, provider: 'p', usage, lostUsage: null, turn: 'none', isTurnOwed: false },
    ...{ createdAt: 1, completedAt: 2 },
    ...change,
  }
}

/** A reaper to which everything is stuck at once. */
export function reaperOf(requests: Requests, outcomes: Outcomes, drivesMax = 2) {
  const { sagas, events, turns, settleRequest, store, clock } = requests
  return createDriveStuck(
    {
      ...{ sagas, outcomes, events, turns, settleRequest, transactor: store, clock },
      onBehalfOf: (tenant, work) => work(testContext({ tenant, keyId: null, scopes: [] })),
    },
    { stuckAfterMs: 0, drivesMax, roundMax: 100 },
  )
}

/** Every exception there is, two rows at a time. */
export async function reconcileAll(requests: Requests, outcomes: Outcomes, graceMs = 0): Promise<Exception[]> {
  const reconcile = createReconcile({ audit: new KyselyRequestAudit(requests.store), outcomes })
  const operator = testContext({ scopes: ['operator'] })
  const exceptions: Exception[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await reconcile(operator, { limit: 2, graceMs, ...(cursor !== undefined && { cursor }) })
    exceptions.push(...page.exceptions)
    cursor = page.next
  }
  return exceptions
}

/** As the event of its end would. */
export async function settleAs(requests: Requests, audited: AuditedResponse): Promise<void> {
  const { requestId, responseId, sessionId, status, model, provider, turn, lostUsage, attempt } = audited
  if (status === 'queued' || status === 'in_progress') throw new Error('it has not ended')
  const ended = { requestId, responseId, sessionId, status, model, provider, turn, lostUsage }
  await requests.store.transaction((tx) =>
    requests.settleRequest(tx, testContext({ tenant: audited.tenant }), {
      ...{ ...ended, usage: audited.usage, attempts: attempt, settledAt: 1_000 },
    }),
  )
}
