import type { CallContext } from '@parley/chassis/values/context.ts'
import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Generate } from '@parley/gpt/contract.ts'
import type { Frame, GenerationStep, ResponseStatus } from '@parley/kernel/frames.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { RequestInput, RequestSubmitted } from '@parley/request/contract.ts'
import type { Preferences } from '@parley/session/contract.ts'
import type { Attempt, ResponseSettled } from '../contract.ts'
import type { Outcome } from '../domain/outcome.ts'

/** A response as its row has it. */
export interface ResponseRecord {
  readonly responseId: string
  readonly requestId: string
  readonly tenant: string
  readonly correlationId: string
  /** Where it stands among the traces; null outside of every trace. */
  readonly traceparent: string | null
  readonly model: string
  readonly sessionId: string | null
  readonly previousResponseId: string | null
  /** Retrievable after it ended. */
  readonly store: boolean
  /** Frames go to the log: they outlive the process and can be followed again. */
  readonly logged: boolean
  readonly status: ResponseStatus
  /** 0 while nobody has claimed it. */
  readonly attempt: number
  /** The process that runs it, or ran it last. */
  readonly owner: string | null
  readonly cancelRequested: boolean
  readonly outcome: Outcome | null
  /** What its session is still to be given; empty when the session is only to be freed; null when nothing is left. */
  readonly pendingTurn: Item[] | null
  readonly createdAt: number
  readonly completedAt: number | null
}

/** The right to run a response. `attempt` fences every write made in its name. */
export interface Claim {
  readonly response: ResponseRecord
  readonly attempt: number
  /** Frames of earlier attempts in the log; this attempt goes on from there. */
  readonly framesBefore: number
}

/** Names one attempt in a write; the write is refused once another attempt or an end has come between. */
export interface AttemptKey {
  readonly responseId: string
  readonly attempt: number
}

/**
 * Responses and their attempts. A response is *due* when anyone may take it up: it is queued, or the lease of its owner
 * has lapsed by the database's clock. Throws STORE_UNAVAILABLE (retryable).
 */
export interface ResponseStore {
  /** Inserts a response: queued when `lease` is null, otherwise claimed with attempt 1. */
  insert(tx: Transaction, context: CallContext, submitted: RequestSubmitted, lease: Lease | null): Promise<void>
  find(responseId: string): Promise<ResponseRecord | undefined>
  /** Due responses, the longest waiting first. */
  listDue(limit: number): Promise<ResponseRecord[]>
  /** Takes a due response for this process, whatever is to be done with it. False when it is not due any more. */
  lockDue(tx: Transaction, key: AttemptKey, lease: Lease): Promise<boolean>
  /** Starts the attempt after `key.attempt`, which counts as lost when it was one. Needs the lock. */
  beginNextAttempt(tx: Transaction, key: AttemptKey, lostUsage: Usage | null): Promise<void>
  /** Prolongs the lease. False when another attempt has taken over. */
  renew(tx: Transaction, key: AttemptKey, lease: Lease): Promise<boolean>
  /** Makes a response due at once, so that another process takes it up. */
  release(tx: Transaction, key: AttemptKey): Promise<boolean>
  /**
   * Ends a response and its attempt. With a pending turn it stays leased until `finishTurn`. For an attempt that was
   * overtaken or has ended the unit fails with WriteRefused, now or at its commit.
   */
  settle(tx: Transaction, settlement: Settlement): Promise<void>
  /** Notes that the session has its turn. False when someone else noted it before. */
  finishTurn(tx: Transaction, responseId: string): Promise<boolean>
  /** Leaves a note for the process that runs the response. */
  requestCancel(tx: Transaction, responseId: string): Promise<void>
  /** Ids of running responses that someone left such a note for. */
  listCancelRequested(): Promise<string[]>
  /** In their order. */
  listAttempts(responseId: string): Promise<Attempt[]>
  /**
   * Makes a response that has ended one that nobody kept. Its row stays, so that an event which comes again does not run it
   * again, its session still gets the turn it is owed, and its attempts can be compared with the ledger.
   */
  markDeleted(tx: Transaction, responseId: string): Promise<void>
  /** Makes due at once what processes left behind that held the same place before; resolves to how many. */
  releasePlace(tx: Transaction, lease: Lease): Promise<number>
  /** Processes that hold a lease. */
  listOwners(): Promise<string[]>
}

/** Responses of all tenants, for comparing records. */
export interface ResponseAudit {
  findMany(responseIds: readonly string[]): Promise<ResponseRecord[]>
  /** In the order of their ids, after `after`; one more than `limit` when there are more. */
  list(page: { after: string; limit: number }): Promise<ResponseRecord[]>
}

/** The places of processes. */
export interface RunnerPlaces {
  /** Does `work` if the process that had the place is gone, and lets nobody take the place meanwhile. */
  whileVacant(owner: string, work: () => Promise<void>): Promise<void>
}

export interface Lease {
  /** The process that holds it: its place, which it holds alone while it lives, a slash, and a name of its own. */
  readonly owner: string
  readonly leaseMs: number
}

export interface Settlement extends AttemptKey {
  readonly outcome: Outcome
  readonly pendingTurn: Item[] | null
  readonly completedAt: number
  /** Nobody knows what came of the attempt's call. */
  readonly lost: boolean
}

/** The other processes that run responses on the same database. */
export interface Runners {
  /** Tells the others where this one is reached. */
  register(tx: Transaction, owner: string): Promise<void>
  /**
   * Frames of a response that `owner` runs, told by that process; null when it is not known where that is. Throws what
   * `follow` throws.
   */
  follow(context: CallContext, owner: string, query: FollowQuery): Promise<AsyncIterable<Frame> | null>
}

/** Frames with `seq` greater than `after`. */
export interface FollowQuery {
  readonly responseId: string
  readonly after: number
  /** How long to wait for a response that has not arrived. */
  readonly waitMs: number
}

/** Frames of logged responses. */
export interface FrameLog {
  /** Appends in one statement. When the attempt was overtaken the unit fails with WriteRefused, now or at its commit. */
  append(tx: Transaction, key: AttemptKey, frames: readonly Frame[]): Promise<void>
  /** Appends the last frame of a response that has settled. */
  appendEnd(tx: Transaction, responseId: string, frame: Frame): Promise<void>
  /** Frames with a larger `seq`, in order: one page of bounded size, empty at the end. Null reads committed state. */
  read(tx: Transaction | null, responseId: string, after: number): Promise<Frame[]>
  /** How many frames there are, which is also the next number. */
  count(tx: Transaction | null, responseId: string): Promise<number>
  delete(tx: Transaction, responseId: string): Promise<void>
  /** Deletes frames of responses that are not stored and ended before the instant; resolves to how many responses. */
  deleteUnstoredBefore(tx: Transaction, instant: number): Promise<number>
}

/** What a stored response was asked and what it answered. */
export interface ContentStore {
  /** Does nothing when an earlier attempt has put it. */
  putInput(tx: Transaction, responseId: string, input: ContentInput): Promise<void>
  putOutput(tx: Transaction, responseId: string, output: readonly Item[]): Promise<void>
  /** Replaces what else is known of it; the items stay. */
  putDetails(tx: Transaction, responseId: string, details: Omit<ContentInput, 'items'>): Promise<void>
  find(responseId: string): Promise<Content | undefined>
  delete(tx: Transaction, responseId: string): Promise<void>
}

/** Where items that were written once can be found again. Throws STORE_UNAVAILABLE (retryable). */
export interface OutputItems {
  /** The tenant's stored responses that have one of these items in their output. */
  findResponses(tenant: string, itemIds: readonly string[]): Promise<string[]>
}

/** Stored responses that came in as chat completions and have ended. Throws STORE_UNAVAILABLE (retryable). */
export interface KeptCompletions {
  /** Ids of the tenant, in the order of their acceptance or against it, from the one that follows `after` on. */
  list(query: CompletionsQuery): Promise<string[]>
}

export interface CompletionsQuery {
  readonly tenant: string
  /** Null: from the start. */
  readonly after: string | null
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** Null: of any model. */
  readonly model: string | null
}

export interface ContentInput {
  readonly instructions: string | null
  readonly options: GenerationOptions
  readonly metadata: Record<string, string>
  readonly items: readonly Item[]
}

export interface Content extends ContentInput {
  readonly items: Item[]
  readonly output: Item[]
}

/** Accepted inputs, kept by the request service until the response has settled. */
export interface RequestInputs {
  /** Throws REQUEST_NOT_FOUND. */
  get(context: CallContext, requestId: string): Promise<RequestInput>
  /** Null once it was forgotten. */
  find(context: CallContext, requestId: string): Promise<RequestInput | null>
}

export interface SessionTurns {
  /**
   * Keeps the session for the response until its turn has ended; its acceptance only reserved it for a moment. Throws
   * SESSION_NOT_FOUND, SESSION_CLOSED, SESSION_BUSY.
   */
  hold(context: CallContext, turn: { sessionId: string; responseId: string }): Promise<void>
  /** The newest items of the session that fit; `truncated` when older ones were left out. Throws SESSION_NOT_FOUND. */
  context(
    context: CallContext,
    query: { sessionId: string; tokensMax: number },
  ): Promise<{ items: Item[]; preferences: Preferences; truncated: boolean }>
  /** Appends once, however often it is called, and frees the session. A session that is gone needs nothing. */
  append(context: CallContext, turn: { sessionId: string; responseId: string; items: Item[] }): Promise<void>
  abandon(context: CallContext, turn: { sessionId: string; responseId: string }): Promise<void>
}

export interface ModelClient {
  /** Calls the provider at most once; ends with `generation-end`. */
  generate(context: CallContext, generation: Generate): AsyncIterable<GenerationStep>
  /** Input and output together, in tokens; the answer may be up to 5 s old. */
  contextTokensMax(context: CallContext, model: string): Promise<number>
}

/** Writes `response.settled` to the outbox. */
export interface ResponseEvents {
  settled(tx: Transaction, context: CallContext, data: ResponseSettled): Promise<void>
}

/** A context of its own for work that no caller waits for. `end` aborts everything done within it. */
export interface RunScope extends CallContext {
  /** Why it has ended, or null while it has not. */
  readonly reason: AppError | null
  end(reason: AppError): void
  close(): void
  /** Calls back once when the scope ends; the returned function forgets the listener. */
  onEnd(listener: () => void): () => void
}

export type OpenScope = (options: { tenant: string; deadlineMs: number; cause: Cause; span?: string }) => RunScope

/** What a run continues: the correlation and trace of the request that it belongs to. */
export type Cause = Pick<CallContext, 'correlationId' | 'causationId' | 'traceparent' | 'tracestate'>

/**
 * How an attempt came to its end in its own process: it settled the response, was lost and followed by the next one, let
 * go of the response for another process, was overtaken by one, or broke without writing an end.
 */
export type AttemptEnding = 'settled' | 'lost' | 'let-go' | 'overtaken' | 'broken'

/** Hears what operators want to know of. */
export interface RunObserver {
  settled(response: ResponseRecord, outcome: Outcome): void
  /** An attempt begins; `attemptEnded` follows unless its process dies. */
  attemptStarted(): void
  attemptEnded(ending: AttemptEnding): void
  /** An attempt's process died or was too slow to keep its lease, or the connection to gpt broke before it answered. */
  attemptLost(response: ResponseRecord): void
  /** A write in the name of an attempt that is no longer the latest was refused. */
  fenced(write: 'frames' | 'settlement' | 'lease'): void
  /** Something went wrong that no caller is told of; `doing` is a constant text. */
  failed(error: unknown, doing: string, responseId: string | null): void
}

/** Checks model output against a caller's schema. */
export interface SchemaValidator {
  /** Null when the value fits or the schema cannot be checked; otherwise what is wrong, in words. */
  problem(schema: Record<string, unknown>, value: unknown): string | null
}
