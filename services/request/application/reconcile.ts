import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { AuditedResponse } from '@parley/response/contract.ts'
import type { Exception, Reconciliation } from '../contract.ts'
import { compareBudget, compareRequest } from './compare-records.ts'
import type { BudgetFacts, Outcomes, RequestAudit, RequestKey, TurnName } from './upkeep-ports.ts'

interface Page {
  readonly limit: number
  /** What changed after it may be under way. */
  readonly before: number
}

interface Compared {
  readonly exceptions: Exception[]
  readonly count: number
  /** Null when this part is done. */
  readonly last: object | null
}

type Part = keyof Reconciliation['checked']
export interface ReconcilePorts {
  audit: RequestAudit
  outcomes: Outcomes
}

type ComparePart = (ports: ReconcilePorts, context: CallContext, after: never, page: Page) => Promise<Compared>

const parts: readonly Part[] = ['requests', 'ledgerRows', 'budgets', 'responses', 'turns']

export type Reconcile = (
  context: CallContext,
  query: { cursor?: string; limit: number; graceMs: number },
) => Promise<Reconciliation>

/**
 * Goes through requests, ledger, budgets, responses and turns, one page of one of them per call, and names everything in
 * which two records disagree. Reads only, and asks the neighbours by their contracts. Throws SCOPE_MISSING,
 * INVALID_REQUEST for a cursor of somebody else's making.
 */
export function createReconcile(ports: ReconcilePorts): Reconcile {
  return async function reconcile(context, { cursor, limit, graceMs }) {
    if (!context.principal.scopes.includes('operator')) {
      throw new AppError('SCOPE_MISSING', "Reconciling looks at every tenant and needs the scope 'operator'.")
    }
    const { part, after } = readCursor(cursor)
    const before = (await ports.audit.nowMs()) - graceMs
    const { exceptions, count, last } = await comparisons[part](ports, context, after as never, { limit, before })
    const checked = { requests: 0, ledgerRows: 0, budgets: 0, responses: 0, turns: 0, [part]: count }
    const nextPart = last === null ? parts[parts.indexOf(part) + 1] : part
    return { exceptions, checked, next: nextPart === undefined ? null : JSON.stringify([nextPart, last]) }
  }
}

const comparisons: Readonly<Record<Part, ComparePart>> = {
  requests: compareRequests,
  ledgerRows: compareLedgerRows,
  budgets: compareBudgets,
  responses: compareResponses,
  turns: compareTurns,
}

async function compareRequests(
  { audit, outcomes }: ReconcilePorts,
  context: CallContext,
  after: RequestKey | null,
  page: Page,
): Promise<Compared> {
  const { limit } = page
  const requests = await audit.listRequests({ after, limit })
  const responses = await responsesById(outcomes, context, requests)
  const turns = await outcomes.findTurns(
    context,
    requests.flatMap(({ tenant, sessionId, responseId }) =>
      sessionId === null ? [] : { tenant, sessionId, responseId },
    ),
  )
  const turnsById = new Map(turns.map((turn) => [turn.responseId, turn]))
  const exceptions = requests.flatMap((request) => {
    const { responseId } = request
    return compareRequest(request, { response: responses.get(responseId), turn: turnsById.get(responseId) }, page)
  })
  return pageOf(requests, limit, { exceptions, keyOf: ({ tenant, requestId }) => ({ tenant, requestId }) })
}

async function compareLedgerRows(
  { audit }: ReconcilePorts,
  _: CallContext,
  after: RequestKey | null,
  { limit }: Page,
): Promise<Compared> {
  const rows = await audit.listLedger({ after, limit })
  const exceptions = rows
    .filter((row) => row.acceptedResponseId !== row.responseId)
    .map(({ tenant, requestId, responseId, acceptedResponseId }): Exception => {
      const whose = acceptedResponseId === null ? 'no request has this id' : `the request has ${acceptedResponseId}`
      return { kind: 'ledger-row-foreign', tenant, id: requestId, detail: `a row for ${responseId}: ${whose}` }
    })
  return pageOf(rows, limit, { exceptions, keyOf: ({ tenant, requestId }) => ({ tenant, requestId }) })
}

async function compareBudgets(
  { audit }: ReconcilePorts,
  _: CallContext,
  after: Pick<BudgetFacts, 'budgetId' | 'startsAt'> | null,
  { limit }: Page,
): Promise<Compared> {
  const periods = await audit.listBudgets({ after, limit })
  const keyOf = ({ budgetId, startsAt }: BudgetFacts) => ({ budgetId, startsAt })
  return pageOf(periods, limit, { exceptions: periods.flatMap(compareBudget), keyOf })
}

async function compareResponses(
  { audit, outcomes }: ReconcilePorts,
  context: CallContext,
  after: { responseId: string } | null,
  { limit }: Page,
): Promise<Compared> {
  const { data } = await outcomes.listResponses(context, {
    limit,
    ...(after !== null && { after: after.responseId }),
  })
  const known = new Set((await audit.findRequests(data)).map(({ tenant, requestId }) => `${tenant} ${requestId}`))
  const exceptions = data
    .filter(({ tenant, requestId }) => !known.has(`${tenant} ${requestId}`))
    .map(({ tenant, requestId, responseId }): Exception => {
      const detail = `of request ${requestId}, which was never accepted`
      return { kind: 'response-without-request', tenant, id: responseId, detail }
    })
  return pageOf(data, limit, { exceptions, keyOf: ({ responseId }) => ({ responseId }) })
}

/** A response that was deleted cannot be asked for its session any more. */
async function compareTurns(
  { outcomes }: ReconcilePorts,
  context: CallContext,
  after: TurnName | null,
  { limit }: Page,
): Promise<Compared> {
  const { data } = await outcomes.listTurns(context, { limit, ...(after !== null && { after }) })
  const responses = await responsesById(outcomes, context, data)
  const exceptions = data.flatMap(({ tenant, sessionId, responseId }): Exception[] => {
    const response = responses.get(responseId)
    if (response === undefined || (response.sessionId === sessionId && response.tenant === tenant)) return []
    const detail = `${sessionId} has a turn of it, which belongs into ${response.sessionId ?? 'no session'}`
    return [{ kind: 'turn-doubled', tenant, id: responseId, detail }]
  })
  const keyOf = ({ tenant, sessionId, responseId }: TurnName) => ({ tenant, sessionId, responseId })
  return pageOf(data, limit, { exceptions, keyOf })
}

async function responsesById(
  outcomes: Outcomes,
  context: CallContext,
  rows: readonly { responseId: string }[],
): Promise<ReadonlyMap<string, AuditedResponse>> {
  const found = await outcomes.findResponses(
    context,
    rows.map(({ responseId }) => responseId),
  )
  return new Map(found.map((response) => [response.responseId, response]))
}

function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  { exceptions, keyOf }: { exceptions: Exception[]; keyOf: (row: Row) => object },
): Compared {
  const last = rows.length < limit ? undefined : rows.at(-1)
  return { exceptions, count: rows.length, last: last === undefined ? null : keyOf(last) }
}

/** What the key of each part consists of. */
const cursorFields: Readonly<Record<Part, Readonly<Record<string, 'string' | 'number'>>>> = {
  requests: { tenant: 'string', requestId: 'string' },
  ledgerRows: { tenant: 'string', requestId: 'string' },
  budgets: { budgetId: 'string', startsAt: 'number' },
  responses: { responseId: 'string' },
  turns: { tenant: 'string', sessionId: 'string', responseId: 'string' },
}

function readCursor(cursor: string | undefined): { part: Part; after: object | null } {
  if (cursor === undefined) return { part: 'requests', after: null }
  const read = parseCursor(cursor)
  const part = Array.isArray(read) ? parts.find((candidate) => candidate === read[0]) : undefined
  if (Array.isArray(read) && part !== undefined) {
    const after: unknown = read[1]
    if (after === null) return { part, after }
    if (typeof after === 'object' && isKey(after, cursorFields[part])) return { part, after }
  }
  throw new AppError('INVALID_REQUEST', 'The cursor is not one of an earlier answer.', { param: 'cursor' })
}

function parseCursor(cursor: string): unknown {
  try {
    return JSON.parse(cursor)
  } catch {
    return null
  }
}

function isKey(value: object, fields: Readonly<Record<string, 'string' | 'number'>>): boolean {
  return Object.entries(fields).every(([name, type]) => typeof Reflect.get(value, name) === type)
}
