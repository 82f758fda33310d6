import type { Frame } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { BudgetRow, HoldRow, InboxRow, OutboxRow, StoreEvidence } from './evidence.ts'

export type Row = Readonly<Record<string, unknown>>

/** All rows of a table of a service; none when there is no such table. */
export type ReadTable = (service: string, table: string) => Promise<Row[]>

const stateful = ['gateway', 'session', 'request', 'response'] as const

/** Rows of either database as evidence: the two differ in how numbers and nulls come out, and in nothing else. */
export async function readStores(readTable: ReadTable): Promise<StoreEvidence> {
  const read = async <T>(service: string, table: string, to: (row: Row) => T) =>
    (await readTable(service, table)).map(to)
  const outbox: OutboxRow[] = []
  const inbox: InboxRow[] = []
  for (const service of stateful) {
    outbox.push(...(await read(service, 'outbox', (row) => toOutbox(service, row))))
    inbox.push(...(await read(service, 'inbox', toInbox)))
  }
  const holds = await readTable('request', 'budget_holds')
  return {
    requests: await read('request', 'requests', (row) => ({
      tenant: text(row, 'tenant'),
      requestId: text(row, 'request_id'),
      responseId: text(row, 'response_id'),
      model: text(row, 'model'),
      input: optional(row, 'input') ?? '',
    })),
    idempotencyKeys: await read('request', 'idempotency_keys', (row) => ({
      tenant: text(row, 'tenant'),
      key: text(row, 'idempotency_key'),
      requestId: text(row, 'request_id'),
    })),
    ledger: await read('request', 'ledger', (row) => ({
      tenant: text(row, 'tenant'),
      requestId: text(row, 'request_id'),
      responseId: text(row, 'response_id'),
      status: text(row, 'status'),
      usage: ledgerUsage(row),
      costMicros: Number(row['cost_micros'] ?? 0),
      attempts: Number(row['attempts']),
    })),
    responses: await read('response', 'responses', toResponse),
    attempts: await read('response', 'attempts', (row) => ({
      responseId: text(row, 'response_id'),
      attempt: Number(row['attempt']),
      state: text(row, 'state'),
    })),
    frames: toFrames(await readTable('response', 'frames')),
    sessions: await read('session', 'sessions', (row) => ({
      tenant: text(row, 'tenant'),
      sessionId: text(row, 'session_id'),
      activeResponseId: optional(row, 'active_response_id'),
    })),
    items: await read('session', 'items', (row) => ({
      tenant: text(row, 'tenant'),
      sessionId: text(row, 'session_id'),
      position: Number(row['position']),
      itemId: text(row, 'item_id'),
      item: text(row, 'item'),
    })),
    turns: await read('session', 'turns', (row) => ({
      tenant: text(row, 'tenant'),
      sessionId: text(row, 'session_id'),
      responseId: text(row, 'response_id'),
    })),
    outbox,
    inbox,
    holds: holds.filter((row) => Number(row['is_open']) === 1).map(toHold),
    budgets: await read('request', 'budget_periods', (row) => toBudget(row, holds)),
  }
}

function toBudget(row: Row, holds: readonly Row[]): BudgetRow {
  const own = holds.filter((hold) => hold['budget_id'] === row['budget_id'] && hold['starts_at'] === row['starts_at'])
  return {
    budgetId: text(row, 'budget_id'),
    limitMicros: row['limit_micros'] === null ? null : Number(row['limit_micros']),
    heldMicros: Number(row['held_micros']),
    spentMicros: Number(row['spent_micros']),
    overMicros: Number(row['over_micros']),
    limitTokens: row['limit_tokens'] === null ? null : Number(row['limit_tokens']),
    heldTokens: Number(row['held_tokens']),
    spentTokens: Number(row['spent_tokens']),
    overTokens: Number(row['over_tokens']),
    settledTokens: own.reduce((sum, hold) => sum + Number(hold['spent_tokens']), 0),
  }
}

function toHold(row: Row): HoldRow {
  return { tenant: text(row, 'tenant'), requestId: text(row, 'request_id') }
}

function toResponse(row: Row) {
  const outcome = optional(row, 'outcome')
  return {
    tenant: text(row, 'tenant'),
    responseId: text(row, 'response_id'),
    requestId: text(row, 'request_id'),
    sessionId: optional(row, 'session_id'),
    model: text(row, 'model'),
    store: Number(row['store']) === 1,
    status: text(row, 'status'),
    attempt: Number(row['attempt']),
    pendingTurn: optional(row, 'pending_turn') !== null,
    usage: outcome === null ? null : ((JSON.parse(outcome) as { usage?: Usage | null }).usage ?? null),
  }
}

/** In the order in which they were written. */
function toFrames(rows: readonly Row[]): Map<string, Frame[]> {
  const frames = new Map<string, Frame[]>()
  const ordered = rows.toSorted((one, other) => Number(one['last_seq']) - Number(other['last_seq']))
  for (const row of ordered) {
    const id = text(row, 'response_id')
    const known = frames.get(id) ?? []
    known.push(...(JSON.parse(text(row, 'frames')) as Frame[]))
    frames.set(id, known)
  }
  return frames
}

function toOutbox(service: string, row: Row): OutboxRow {
  return {
    service,
    id: text(row, 'id'),
    type: text(row, 'type'),
    subject: text(row, 'aggregateid'),
    seq: Number(row['seq']),
    parkedReason: optional(row, 'parked_reason'),
  }
}

function toInbox(row: Row): InboxRow {
  return {
    consumer: text(row, 'consumer'),
    eventId: text(row, 'event_id'),
    source: text(row, 'source'),
    subject: text(row, 'aggregateid'),
    seq: Number(row['seq']),
  }
}

/** Token counts in the order in which the response keeps them. */
function ledgerUsage(row: Row): Usage | null {
  if (row['input_tokens'] === null || row['input_tokens'] === undefined) return null
  return {
    inputTokens: Number(row['input_tokens']),
    cachedInputTokens: Number(row['cached_input_tokens']),
    outputTokens: Number(row['output_tokens']),
    reasoningTokens: Number(row['reasoning_tokens']),
    provenance: text(row, 'provenance') as Usage['provenance'],
  }
}

function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`the column ${column} is not text`)
  return value
}

function optional(row: Row, column: string): string | null {
  const value = row[column]
  return typeof value === 'string' ? value : null
}
