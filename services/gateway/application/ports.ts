import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction, Transactor } from '@parley/chassis/values/transaction.ts'
import type { GptContract } from '@parley/gpt/contract.ts'
import type { RequestContract } from '@parley/request/contract.ts'
import type { ResponseContract } from '@parley/response/contract.ts'
import type { SessionContract } from '@parley/session/contract.ts'
import type { KeyBudget } from '../contract.ts'
import type { ApiKeyRecord, AuthenticatedKey } from '../domain/api-key.ts'

export type SessionClient = CallsOf<typeof SessionContract>
export type RequestClient = CallsOf<typeof RequestContract>
export type ResponseClient = CallsOf<typeof ResponseContract>
export type GptClient = CallsOf<typeof GptContract>

/** A key that the program makes by itself: the one the environment presets, or the first of an empty store. */
export type KeySlot = 'preset' | 'first'

/** Keeps API keys. Every method may throw STORE_UNAVAILABLE (retryable). */
export interface KeyStore extends Transactor {
  findByHash(tx: Transaction | null, secretHash: string): Promise<ApiKeyRecord | undefined>
  find(tx: Transaction, keyId: string): Promise<ApiKeyRecord | undefined>
  /** Newest first, revoked ones included. */
  listByTenant(tenant: string): Promise<ApiKeyRecord[]>
  isEmpty(tx: Transaction): Promise<boolean>
  findInSlot(tx: Transaction, slot: KeySlot): Promise<ApiKeyRecord | undefined>
  /** Resolves to false, changing nothing, when the secret or the slot is taken. */
  insert(tx: Transaction, key: ApiKeyRecord, slot: KeySlot | null): Promise<boolean>
  /** The key leaves its slot. Resolves to false, changing nothing, when it was revoked before. */
  revoke(tx: Transaction, keyId: string, revokedAt: number): Promise<boolean>
  delete(tx: Transaction, keyId: string): Promise<void>
}

/**
 * Keys by the hash of their secret, for every request: remembers what it found, and that it found nothing, for half a
 * second at most; a key that was valid longer, for as long as the store does not answer, up to a set time.
 */
export interface KeyDirectory {
  /** What is remembered: undefined when that is nothing, null when there is no such key. */
  peek(secretHash: string): AuthenticatedKey | null | undefined
  /** Looks the key up where it is kept. Throws STORE_UNAVAILABLE when that does not answer and the key is not known. */
  load(secretHash: string): Promise<AuthenticatedKey | null>
  /** The next look-up asks the store. */
  forget(secretHash: string): void
}

/** Budgets of keys. Throws INVALID_REQUEST when nothing is limited. */
export interface KeyBudgets {
  create(context: CallContext, budget: KeyBudget & { tenant: string; keyId: string }): Promise<unknown>
}

/** Tells the rest of the system what happened to keys, if and only if `tx` commits. */
export interface KeyEvents {
  created(tx: Transaction, context: CallContext, key: ApiKeyRecord): Promise<void>
  revoked(tx: Transaction, context: CallContext, key: ApiKeyRecord): Promise<void>
}

/** Callers that leave before their work is done. */
export interface Departures {
  /** Calls back once the caller of `context` has gone, at once if it has; the function returned forgets about it. */
  onGone(context: CallContext, action: () => void): () => void
  /** The same caller and deadline, alive after the caller has gone. Close it when the work is done. */
  outlive(context: CallContext): CallContext & { close(): void }
}

/** A new secret that cannot be guessed: `parley-` and 256 random bits. */
export type NewSecret = () => string
/** One-way and fast: secrets have too much entropy to be guessed. */
export type HashSecret = (secret: string) => string
/** Resolves after about so many milliseconds. */
export type Sleep = (delayMs: number) => Promise<void>
