import type { Item } from '@parley/kernel/items.ts'
import type { ResponseRecord } from '../application/ports.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { ResponseTable } from './schema.ts'

export const columns = [
  'response_id',
  'request_id',
  'tenant',
  'correlation_id',
  'traceparent',
  'model',
  'session_id',
  'previous_response_id',
  'store',
  'logged',
  'status',
  'attempt',
  'owner',
  'cancel_requested',
  'outcome',
  'pending_turn',
  'created_at',
  'completed_at',
] as const satisfies readonly (keyof ResponseTable)[]

export type ResponseRow = Pick<ResponseTable, (typeof columns)[number]>

export function toRecord(row: ResponseRow): ResponseRecord {
  return {
    responseId: row.response_id,
    requestId: row.request_id,
    tenant: row.tenant,
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
    model: row.model,
    sessionId: row.session_id,
    previousResponseId: row.previous_response_id,
    store: row.store === 1,
    logged: row.logged === 1,
    status: row.status,
    attempt: row.attempt,
    owner: row.owner,
    cancelRequested: row.cancel_requested === 1,
    outcome: row.outcome === null ? null : parseOutcome(row.outcome),
    pendingTurn: row.pending_turn === null ? null : parseItems(row.pending_turn),
    createdAt: row.created_at,
    completedAt: row.completed_at,
  }
}

/** The outcome without the status, which is a column of its own. */
export function outcomeText(outcome: Outcome): string {
  return JSON.stringify(outcome)
}

function parseOutcome(text: string): Outcome {
  return JSON.parse(text)
}

export function parseItems(text: string): Item[] {
  return JSON.parse(text)
}
