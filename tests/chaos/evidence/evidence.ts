import type { Frame } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'

/** Everything that is known after a run: the stores, the provider's log, and what clients saw. */
export interface Evidence {
  readonly stores: StoreEvidence
  readonly providerCalls: readonly ProviderCall[]
  readonly clients: readonly ClientRecord[]
  readonly conversations: readonly ConversationRecord[]
  /** What every stored response gave when it was followed from its beginning, once all was quiet. By response. */
  readonly replays: ReadonlyMap<string, readonly SeenEvent[]>
  readonly tenants: readonly TenantRecord[]
  /** What came out of the programs other than answers, by where it was: logs, metrics. */
  readonly outputs: ReadonlyMap<string, string>
  /** Texts that must be in none of them. */
  readonly secrets: ReadonlyMap<string, string>
  readonly liveness: Liveness
  /** Processes that ended though nobody ended them, or not in good order when asked to. */
  readonly badEnds: readonly string[]
  readonly attemptsMax: number
}

/** Rows of all stores; JSON is parsed. */
export interface StoreEvidence {
  readonly requests: readonly RequestRow[]
  readonly idempotencyKeys: readonly IdempotencyRow[]
  readonly ledger: readonly LedgerRow[]
  readonly responses: readonly ResponseRow[]
  readonly attempts: readonly AttemptRow[]
  readonly frames: ReadonlyMap<string, readonly Frame[]>
  readonly sessions: readonly SessionRow[]
  readonly items: readonly ItemRow[]
  readonly turns: readonly TurnRow[]
  readonly outbox: readonly OutboxRow[]
  readonly inbox: readonly InboxRow[]
  /** Those that are open. */
  readonly holds: readonly HoldRow[]
  readonly budgets: readonly BudgetRow[]
}

export interface RequestRow {
  readonly tenant: string
  readonly requestId: string
  readonly responseId: string
  readonly model: string
  /** Its text, for tenancy; empty once it was forgotten. */
  readonly input: string
}

export interface IdempotencyRow {
  readonly tenant: string
  readonly key: string
  readonly requestId: string
}

export interface LedgerRow {
  readonly tenant: string
  readonly requestId: string
  readonly responseId: string
  readonly status: string
  readonly usage: Usage | null
  readonly costMicros: number
  readonly attempts: number
}

export interface ResponseRow {
  readonly tenant: string
  readonly responseId: string
  readonly requestId: string
  readonly sessionId: string | null
  readonly model: string
  readonly store: boolean
  readonly status: string
  readonly attempt: number
  readonly pendingTurn: boolean
  readonly usage: Usage | null
}

export interface AttemptRow {
  readonly responseId: string
  readonly attempt: number
  readonly state: string
}

export interface SessionRow {
  readonly tenant: string
  readonly sessionId: string
  readonly activeResponseId: string | null
}

export interface ItemRow {
  readonly tenant: string
  readonly sessionId: string
  readonly position: number
  readonly itemId: string
  /** The item as JSON text. */
  readonly item: string
}

export interface TurnRow {
  readonly tenant: string
  readonly sessionId: string
  readonly responseId: string
}

export interface OutboxRow {
  readonly service: string
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly seq: number
  readonly parkedReason: string | null
}

export interface InboxRow {
  readonly consumer: string
  readonly eventId: string
  readonly source: string
  readonly subject: string
  readonly seq: number
}

/** Budget that is held for a request. */
export interface HoldRow {
  readonly tenant: string
  readonly requestId: string
}

/** One budget in one period. `overMicros` is what was spent beyond the limit because an answer cost more than was held. */
export interface BudgetRow {
  readonly budgetId: string
  readonly limitMicros: number | null
  readonly heldMicros: number
  readonly spentMicros: number
  readonly overMicros: number
  readonly limitTokens: number | null
  readonly heldTokens: number
  readonly spentTokens: number
  readonly overTokens: number
  /** What the requests that held it have spent of it, added up. */
  readonly settledTokens: number
}

export interface ProviderCall {
  readonly responseId: string
  readonly attempt: number
  readonly model: string
}

export interface TenantRecord {
  readonly tenant: string
  /** A text that only this tenant has ever sent. */
  readonly canary: string
}

/** One event of a stream as a client got it. */
export interface SeenEvent {
  /** The event's `sequence_number`. */
  readonly seq: number
  /** The bytes of the event. */
  readonly raw: string
}

/** One connection on which a client followed a response. */
export interface SeenStream {
  /** It asked for events after this number; -1 for all. */
  readonly after: number
  readonly events: readonly SeenEvent[]
  readonly isComplete: boolean
}

/** One wish of one client, however many requests it took. Its model name is like no other's, and marks its traces. */
export interface ClientRecord {
  readonly model: string
  readonly kind: string
  readonly tenant: string
  /** POSTs sent under one Idempotency-Key, or the single one without. */
  readonly keyed: boolean
  readonly outcome: 'acknowledged' | 'refused' | 'unknown'
  /** Every response id that an answer named. */
  readonly responseIds: readonly string[]
  readonly streams: readonly SeenStream[]
  /** What it was answered, as far as it came; null when that is not compared. */
  readonly text: string | null
  /** What the provider had to say to it. */
  readonly expectedText: string
  /** The answer was said to be whole. */
  readonly isComplete: boolean
  /** The bodies of errors that it got. */
  readonly errors: readonly string[]
  /** Everything that it got, joined. */
  readonly received: string
  /** What went against what a client may expect, in words. */
  readonly complaints: readonly string[]
}

export interface ConversationRecord {
  readonly tenant: string
  readonly conversationId: string
  /** The items as JSON texts, each time that they were read, and how many turns had been acknowledged before. */
  readonly reads: readonly { readonly items: readonly string[]; readonly turns: number }[]
  /** Turns that were acknowledged as completed, in order: what the user said in them, and the response. */
  readonly turns: readonly { readonly marker: string; readonly responseId: string }[]
}

export interface Liveness {
  /** From the end of the last fault until every kind of work succeeded; null when it did not within the time. */
  readonly recoveryMs: number | null
  readonly recoveryMaxMs: number
  /** Kinds of work that did not succeed within the time, and why. */
  readonly notRecovered: readonly string[]
  /** Failures of work begun after the recovery. */
  readonly failuresAfter: readonly string[]
  /** Median of a plain call, before the faults and after the recovery. */
  readonly medianBeforeMs: number
  readonly medianAfterMs: number
}
