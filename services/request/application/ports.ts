import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { PromptTemplateRef } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Price } from '@parley/kernel/price.ts'
import type { Provenance, Usage } from '@parley/kernel/usage.ts'
import type { LedgerEntry, Request, RequestInput, RequestStatus, RequestSubmitted } from '../contract.ts'
import type { TurnState } from '../domain/saga-history.ts'

/** Accepted requests, their idempotency keys and the ledger. All methods throw STORE_UNAVAILABLE (retryable). */
export interface RequestStore {
  /** A unit that would insert the same id a second time fails, now or at its commit, with what `isTaken` knows. */
  insert(tx: Transaction, request: AcceptedRequest): Promise<void>
  isTaken(error: unknown): boolean
  /** False when the tenant has used the key already; the caller then gives up its transaction. */
  claimKey(tx: Transaction, claim: KeyClaim): Promise<boolean>
  findByKey(tenant: string, key: string): Promise<KeyedRequest | undefined>
  find(tenant: string, requestId: string): Promise<Request | undefined>
  /** Newest first, requests older than `after`; one more than `limit` when there are more. */
  list(tenant: string, page: Page): Promise<Request[]>
  /** Undefined for an absent request and for one whose input was forgotten. */
  findInput(tenant: string, requestId: string): Promise<RequestInput | undefined>
  /** What settling needs to know, as far as memory has forgotten it. */
  findTerms(tx: Transaction, tenant: string, requestId: string): Promise<RequestTerms | undefined>
}

export interface Ledger {
  /** False, writing nothing, when the request has its row already. */
  insert(tx: Transaction, row: LedgerRow): Promise<boolean>
  /** As `insert`, for whom it makes no difference whether the row was there. */
  put(tx: Transaction, row: LedgerRow): Promise<void>
  /** Notes that the session has got the turn that it was owed, also when nothing is known of that yet. */
  noteTurn(tx: Transaction, turn: { tenant: string; responseId: string }): Promise<void>
  /** True, once, when the turn was noted before it was owed. */
  takeEarlyTurn(tx: Transaction, turn: { tenant: string; responseId: string }): Promise<boolean>
  /** Newest request first, older than `after`; one more than `limit` when there are more. */
  list(tenant: string, page: Page): Promise<LedgerEntry[]>
}

/** Hears what goes into the ledger. */
export interface LedgerObserver {
  /** A row was committed. Of a request without a budget, it may be told again when its end was heard of twice. */
  wrote(row: LedgerRow): void
}

export interface Page {
  readonly after: string | undefined
  readonly limit: number
}

export interface AcceptedRequest extends RequestTerms {
  readonly requestId: string
  readonly responseId: string
  readonly tenant: string
  readonly input: RequestInput
  /** `input` as JSON, made once for everyone who needs it. */
  readonly inputText: string
}

/** What was agreed on when a request was accepted. */
export interface RequestTerms {
  readonly keyId: string | null
  readonly acceptedAt: number
  /** Null: nobody knew what the model costs. */
  readonly price: Price | null
  /** Whether some budget holds what it may use. */
  readonly held: boolean
}

export interface KeyClaim {
  readonly tenant: string
  readonly key: string
  readonly fingerprint: string
  readonly requestId: string
  readonly responseId: string
  readonly acceptedAt: number
}

export type KeyedRequest = Pick<KeyClaim, 'fingerprint' | 'requestId' | 'responseId' | 'acceptedAt'>

export interface LedgerRow {
  readonly tenant: string
  readonly requestId: string
  readonly responseId: string
  readonly status: Exclude<RequestStatus, 'accepted'>
  readonly model: string
  readonly provider: string | null
  readonly usage: Usage | null
  readonly attempts: number
  readonly settledAt: number
  readonly keyId: string | null
  readonly acceptedAt: number | null
  readonly costMicros: number
  readonly priceVersion: string | null
  readonly lostUsage: Usage | null
  readonly lostCostMicros: number
  readonly turn: TurnState
}

/** What a request leaves behind that is not needed for ever. */
export interface RequestRetention {
  /**
   * Ends the wait for turns that were noted early by a unit that ran beside the one that settled their request, so that
   * neither saw the other.
   */
  meetEarlyTurns(tx: Transaction): Promise<void>
  /** What was noted of turns whose request never settles, or had settled long before. */
  deleteEarlyTurnsBefore(tx: Transaction, instant: number): Promise<void>
  /** Forgets the inputs of these requests, which have settled. */
  forgetInputs(tx: Transaction, requests: readonly SettledRequest[]): Promise<void>
  /** Settled requests, at most `limit`, whose inputs are still there because a process died before forgetting them. */
  listForgotten(limit: number): Promise<SettledRequest[]>
  /** Deletes idempotency keys made and settled before the instant (epoch milliseconds); resolves to how many. */
  deleteKeysBefore(tx: Transaction, instant: number): Promise<number>
}

export interface SettledRequest {
  readonly tenant: string
  readonly requestId: string
}

/** Inputs that were accepted a moment ago, so that running them needs no read. Bounded; forgets the oldest first. */
export interface RecentInputs {
  remember(request: AcceptedRequest): void
  /** To be called once the request has settled: nobody runs it any more. */
  forget(requestId: string): void
  find(tenant: string, requestId: string): AcceptedRequest | undefined
}

/** Which models there are. Answers may be up to 5 s old. */
export interface ModelCatalog {
  /** What `model` is routed to. Throws MODEL_NOT_FOUND. */
  resolve(context: CallContext, model: string): Promise<ResolvedModel>
  defaultModel(context: CallContext): Promise<ResolvedModel>
}

export interface ResolvedModel {
  readonly id: string
  /** Input and output together, in tokens. */
  readonly contextTokensMax: number
  /** Null when nobody documents it. */
  readonly outputTokensMax: number | null
  readonly price: Price | null
}

/** Counts what a request would send to its model. Asked only where a budget has to hold it. */
export interface InputCounter {
  count(context: CallContext, input: CountedInput): Promise<{ tokens: number; provenance: Provenance }>
}

/** Ids of what the new items continue are null when they continue nothing. */
export interface CountedInput {
  readonly model: string
  readonly instructions: string | null
  readonly items: Item[]
  readonly sessionId: string | null
  readonly previousResponseId: string | null
  readonly contextTokensMax: number
}

export interface PromptTemplates {
  /** Throws TEMPLATE_NOT_FOUND, or INVALID_REQUEST when a variable is missing. */
  render(context: CallContext, prompt: PromptTemplateRef): Promise<string>
}

/** Turns of sessions. Throws SESSION_NOT_FOUND, SESSION_CLOSED or SESSION_BUSY. */
export interface Turns {
  /** Reserves the session; safe to repeat for the same response. */
  begin(context: CallContext, turn: Turn): Promise<{ preferredModel: string | null }>
  /** Lets go of a reservation that comes to nothing. */
  abandon(context: CallContext, turn: Turn): Promise<void>
}

export interface Turn {
  readonly sessionId: string
  readonly responseId: string
}

export interface StoredResponses {
  /** Resolves when the tenant has this response and it has ended. Throws PREVIOUS_RESPONSE_NOT_FOUND, INVALID_REQUEST. */
  checkContinuable(context: CallContext, responseId: string): Promise<void>
}

/** Writes `request.submitted` to the outbox; `drive` counts how often it was written before. */
export interface RequestEvents {
  submitted(tx: Transaction, context: CallContext, data: RequestSubmitted, drive?: number): Promise<void>
}

/** SHA-256 in hexadecimal digits. */
export type Digest = (text: string) => string
