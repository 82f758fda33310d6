import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Price } from '@parley/kernel/price.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { AuditedResponse } from '@parley/response/contract.ts'
import type { AuditedTurn } from '@parley/session/contract.ts'
import type { RequestInput, RequestStatus, StuckRequest, UsageTotal } from '../contract.ts'
import type { SagaEvent, SagaStep } from '../domain/request-saga.ts'
import type { TurnState } from '../domain/saga-history.ts'

/** A request that should have come further, with what it takes to drive it on. */
export interface StuckRow extends Omit<StuckRequest, 'state'> {
  readonly sessionId: string | null
  /** `owed`: it has its ledger row, and its session still waits for the turn. */
  readonly turn: TurnState
}

/** What the reaper knows and notes. Every note is fenced by `drives` or by the row's own state. */
export interface SagaStore {
  /**
   * Requests without a ledger row, and those whose session is owed a turn, of which nothing was seen for `stuckAfterMs` by
   * the database's clock; the longest stuck first.
   */
  listStuck(options: { stuckAfterMs: number; limit: number }): Promise<StuckRow[]>
  listSteps(tenant: string, requestId: string): Promise<SagaStep[]>
  turnOf(tenant: string, requestId: string): Promise<{ turn: TurnState; turnAt: number | null } | undefined>
  /** Something was seen to happen. False when another reaper was faster, or the request was settled meanwhile. */
  touch(tx: Transaction, row: StuckRow, options: { isDrive: boolean }): Promise<boolean>
  note(tx: Transaction, row: { tenant: string; requestId: string }, event: SagaEvent): Promise<void>
  findInput(tx: Transaction, tenant: string, requestId: string): Promise<RequestInput | undefined>
  /** Whether frames of the request may be asked for under an idempotency key. */
  isKeyed(tx: Transaction, tenant: string, responseId: string): Promise<boolean>
  forgetInput(tx: Transaction, tenant: string, requestId: string): Promise<void>
  /** Ends the wait for a turn. False when it is not owed any more. */
  endTurn(tx: Transaction, row: StuckRow, turn: 'appended' | 'freed'): Promise<boolean>
}

/** What the neighbours say became of requests. */
export interface Outcomes {
  /** Responses of one tenant, those that are known. */
  findResponses(context: CallContext, responseIds: readonly string[]): Promise<AuditedResponse[]>
  /** A page of the responses of all tenants. */
  listResponses(context: CallContext, page: { after?: string; limit: number }): Promise<Paged<AuditedResponse>>
  findTurns(context: CallContext, turns: readonly TurnName[]): Promise<AuditedTurn[]>
  listTurns(context: CallContext, page: { after?: TurnName; limit: number }): Promise<Paged<AuditedTurn>>
}

export interface Paged<T> {
  readonly data: T[]
  readonly hasMore: boolean
}

export interface TurnName {
  readonly tenant: string
  readonly sessionId: string
  readonly responseId: string
}

export interface UsageQuery {
  readonly day: boolean
  readonly model: boolean
  readonly key: boolean
  readonly from: number
  readonly to: number
  /** One more comes back when there are more. */
  readonly limit: number
}

export interface UsageTotals {
  total(tenant: string, query: UsageQuery): Promise<UsageTotal[]>
}

/** A request beside its ledger row and its holds. */
export interface RequestFacts {
  readonly tenant: string
  readonly requestId: string
  readonly responseId: string
  readonly sessionId: string | null
  /** When something was last seen to happen, by the database's clock. */
  readonly progressAt: number
  readonly price: Price | null
  readonly openHolds: number
  /** Of holds that are settled: the largest and the smallest sum spent. Null without any. */
  readonly chargedMicros: { readonly min: number; readonly max: number } | null
  readonly ledger: LedgerFacts | null
}

export interface LedgerFacts {
  readonly responseId: string
  readonly status: Exclude<RequestStatus, 'accepted'>
  readonly usage: Usage | null
  readonly lostUsage: Usage | null
  readonly costMicros: number
  readonly lostCostMicros: number
  readonly attempts: number
  readonly settledAt: number
  readonly turn: TurnState
}

/** A period of a budget beside the sums of what requests hold and spent of it, read at one moment. */
export interface BudgetFacts {
  readonly tenant: string
  readonly budgetId: string
  readonly startsAt: number
  readonly limitMicros: number | null
  readonly limitTokens: number | null
  readonly spentMicros: number
  readonly heldMicros: number
  readonly overMicros: number
  readonly spentTokens: number
  readonly heldTokens: number
  readonly overTokens: number
  readonly sumHeldMicros: number
  readonly sumHeldTokens: number
  readonly sumSpentMicros: number
  readonly sumSpentTokens: number
}

export interface RequestKey {
  readonly tenant: string
  readonly requestId: string
}

/** This service's rows of all tenants, in the order of their keys, one page at a time: at most `limit` rows. */
export interface RequestAudit {
  nowMs(): Promise<number>
  listRequests(page: { after: RequestKey | null; limit: number }): Promise<RequestFacts[]>
  /** Ledger rows with the response of their request; null when there is no such request. */
  listLedger(page: {
    after: RequestKey | null
    limit: number
  }): Promise<(RequestKey & { responseId: string; acceptedResponseId: string | null })[]>
  listBudgets(page: { after: { budgetId: string; startsAt: number } | null; limit: number }): Promise<BudgetFacts[]>
  /** Those of the requests that there are. */
  findRequests(keys: readonly RequestKey[]): Promise<RequestKey[]>
}
