import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Preferences, Prompt, Session, User } from '../contract.ts'
import type { SizedItem } from '../domain/context-window.ts'
import type { LifecycleEvent } from '../domain/session-lifecycle.ts'
import type { TurnLock } from '../domain/turn-lock.ts'

/**
 * Every key names the tenant: what belongs to another tenant is absent. All methods may throw STORE_UNAVAILABLE
 * (retryable). All times are epoch milliseconds by the database's clock.
 */
export interface SessionKey {
  readonly tenant: string
  readonly sessionId: string
}

export interface TurnKey extends SessionKey {
  readonly responseId: string
}

/** A session with what only this service knows of it. */
export interface StoredSession extends Session {
  readonly lock: TurnLock | null
  /** The position that the next item takes; positions start at 1 and are never reused. */
  readonly nextPosition: number
  /** Number of the last event that was published about this session. */
  readonly eventSeq: number
  /** What the session's user prefers; empty for a session without a user. */
  readonly userPreferences: Preferences
  /** When this was read. */
  readonly nowMs: number
}

export interface NewSession {
  readonly userId: string | null
  readonly metadata: Session['metadata']
  readonly preferences: Preferences
  readonly itemCount: number
  readonly nextPosition: number
  readonly eventSeq: number
}

export interface PageRequest {
  readonly limit: number
  readonly order: 'asc' | 'desc'
}

export interface Page<T> {
  readonly data: T[]
  readonly hasMore: boolean
}

/** Page requests that continue after an id do so in the order of ids, whether or not that id still exists. */
export interface SessionPageRequest extends PageRequest {
  readonly after?: string
  readonly userId?: string
  readonly status?: Session['status']
}

/** Who waits for the sweep: sessions of `status` without activity for `inactiveMs`. */
export interface DueRequest {
  readonly status: Session['status']
  readonly inactiveMs: number
  readonly limit: number
}

export interface SessionStore {
  /** Writes an open session that was active now. */
  insert(tx: Transaction, key: SessionKey, session: NewSession): Promise<Session>
  /** Committed state; undefined when absent. */
  find(key: SessionKey): Promise<StoredSession | undefined>
  /**
   * The session under its row lock: nobody else changes it, its items or its turns before `tx` ends. Undefined when
   * absent. All changes to a session begin here.
   */
  lock(tx: Transaction, key: SessionKey): Promise<StoredSession | undefined>
  /** Writes status, turn lock, counters and activity of a locked session. */
  save(tx: Transaction, tenant: string, session: StoredSession): Promise<void>
  /** Writes metadata and preferences of a locked session. */
  saveSettings(tx: Transaction, tenant: string, session: StoredSession): Promise<void>
  /** Removes a locked session; its items and turns are removed through their own stores. */
  delete(tx: Transaction, key: SessionKey): Promise<void>
  /** Frees the session if `responseId` holds it; needs no lock. */
  freeTurn(tx: Transaction, key: TurnKey): Promise<void>
  /** In the order of ids, which is that of creation. */
  list(tx: Transaction | null, tenant: string, request: SessionPageRequest): Promise<Page<Session>>
  /** Sessions of every tenant whose time has come and that no response is working on; longest inactive first. */
  listDue(request: DueRequest): Promise<SessionKey[]>
}

export interface PlacedItem extends SizedItem {
  readonly position: number
}

export interface ItemPageRequest extends PageRequest {
  /** The position after which the page starts, in its order. */
  readonly after?: number
}

export interface NewestRequest {
  readonly before: number
  readonly limit: number
}

export interface ItemStore {
  /** Resolves to false, and writes nothing, when the session has an item of that id. */
  insert(tx: Transaction, key: SessionKey, placed: PlacedItem): Promise<boolean>
  find(key: SessionKey, itemId: string): Promise<PlacedItem | undefined>
  list(key: SessionKey, request: ItemPageRequest): Promise<Page<Item>>
  /** At most `limit` items with positions below `before`, newest first, in time that depends on `limit` alone. */
  listNewest(key: SessionKey, request: NewestRequest): Promise<PlacedItem[]>
  /** Resolves to whether there was such an item. */
  delete(tx: Transaction, key: SessionKey, itemId: string): Promise<boolean>
  deleteAll(tx: Transaction, key: SessionKey): Promise<void>
}

/** Which responses have left their items in a session. */
export interface TurnStore {
  /** Resolves to false, and writes nothing, when the turn is recorded already. */
  insert(tx: Transaction, key: TurnKey): Promise<boolean>
  has(tx: Transaction, key: TurnKey): Promise<boolean>
  deleteAll(tx: Transaction, key: SessionKey): Promise<void>
}

/** Turns of all tenants, for comparing records. */
export interface TurnAudit {
  findMany(turns: readonly TurnKey[]): Promise<TurnKey[]>
  /** Those whose sessions are still there. */
  listSessions(sessions: readonly SessionKey[]): Promise<SessionKey[]>
  /** In the order of their keys, after `after`; one more than `limit` when there are more. */
  list(page: { after: TurnKey | null; limit: number }): Promise<TurnKey[]>
}

export type PutUser = Pick<User, 'userId' | 'profile' | 'preferences'>

export interface UserPageRequest extends PageRequest {
  readonly after?: string
}

export interface UserStore {
  /** Writes the user, or replaces profile and preferences of the one that is there; `createdAt` stays. */
  put(tx: Transaction, tenant: string, user: PutUser): Promise<User>
  find(tenant: string, userId: string): Promise<User | undefined>
  /** Resolves to whether the user exists; if so, nobody deletes it before `tx` ends. */
  lock(tx: Transaction, tenant: string, userId: string): Promise<boolean>
  /** In the order of ids. */
  list(tenant: string, request: UserPageRequest): Promise<Page<User>>
  delete(tx: Transaction, tenant: string, userId: string): Promise<void>
}

export interface PromptKey {
  readonly promptId: string
  readonly version: string
}

export interface PromptPageRequest extends PageRequest {
  readonly after?: string
}

/** Versions of prompt templates. A version is never changed; it can be retired. */
export interface PromptStore {
  /** Writes the next version. Undefined, and nothing written, when somebody else wrote it at the same time. */
  insertNext(tx: Transaction, tenant: string, prompt: Pick<Prompt, 'promptId' | 'text'>): Promise<Prompt | undefined>
  find(tenant: string, key: PromptKey): Promise<Prompt | undefined>
  /** The newest version that is not retired. */
  findNewest(tenant: string, promptId: string): Promise<Prompt | undefined>
  /** Whether there is any version, retired or not. */
  has(tenant: string, promptId: string): Promise<boolean>
  /** The newest version of each prompt, retired or not, in the order of ids; `after` is an id. */
  list(tenant: string, request: PromptPageRequest): Promise<Page<Prompt>>
  /** In the order of versions; `after` is a version. */
  listVersions(tenant: string, promptId: string, request: PromptPageRequest): Promise<Page<Prompt>>
  /** Notes when it was retired, the first time. Undefined when absent. */
  retire(tx: Transaction, tenant: string, key: PromptKey): Promise<Prompt | undefined>
}

export type SessionHappening =
  | { readonly name: LifecycleEvent | 'opened' | 'deleted' }
  | { readonly name: 'turnAppended'; readonly responseId: string; readonly itemCount: number }

/** The contract's events about a session. */
export interface SessionEvents {
  /** Exists if and only if `tx` commits. `seq`: as in EventPublisher, counted by the session's row. */
  publish(
    tx: Transaction,
    context: CallContext,
    session: { readonly sessionId: string; readonly userId: string | null },
    happening: SessionHappening,
    options: { readonly seq: number },
  ): Promise<void>
}
