import type { Clock } from '@parley/chassis/values/clock.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import { LRUCache } from 'lru-cache'
import type { KeyDirectory, KeyStore } from '../application/ports.ts'
import { type AuthenticatedKey, toAuthenticatedKey } from '../domain/api-key.ts'

export interface CachedKeyDirectoryOptions {
  keys: Pick<KeyStore, 'findByHash'>
  clock: Clock
  timers: Timers
  /** How long a key that was valid goes on being so while the store does not answer; 0 for not at all. */
  outageMs: number
  /** Told when a key is let in without the store, at most once per key and `keyFreshMs`. */
  onOutage: () => void
}

/** How long a key is taken for what it was: the longest a revocation takes to reach this process. */
export const keyFreshMs = 500
/** How long a key that is known from before waits for a store that does not answer. */
export const storePatienceMs = 250
const keysRememberedMax = 10_000

const noSuchKey = Symbol('no such key')
const tooSlow = Symbol('too slow')

/**
 * Keys as the store had them a moment ago. While the store is away, those that were valid when it was last asked stay
 * so for `outageMs`; a key that this process does not know then is not decided upon, but refused as unavailable.
 */
export class CachedKeyDirectory implements KeyDirectory {
  readonly #options: CachedKeyDirectoryOptions
  readonly #remembered: LRUCache<string, AuthenticatedKey | typeof noSuchKey>
  readonly #lastKnown: LRUCache<string, AuthenticatedKey> | null
  /** Requests that arrive together with the same secret share one look-up. */
  readonly #loading = new Map<string, Promise<AuthenticatedKey | null>>()

  constructor(options: CachedKeyDirectoryOptions) {
    this.#options = options
    const { clock, outageMs } = options
    // The cache takes a start of 0 for none.
    const perf = { now: () => clock.monotonicMs() + 1 }
    this.#remembered = new LRUCache({ max: keysRememberedMax, ttl: keyFreshMs, ttlResolution: 0, perf })
    this.#lastKnown =
      outageMs === 0 ? null : new LRUCache({ max: keysRememberedMax, ttl: outageMs, ttlResolution: 0, perf })
  }

  peek(secretHash: string): AuthenticatedKey | null | undefined {
    const found = this.#remembered.get(secretHash)
    return found === noSuchKey ? null : found
  }

  load(secretHash: string): Promise<AuthenticatedKey | null> {
    const underway = this.#loading.get(secretHash)
    if (underway !== undefined) return underway
    const isCurrent = () => this.#loading.get(secretHash) === loading
    const loading: Promise<AuthenticatedKey | null> = this.#read(secretHash, isCurrent)
      .then((key) => {
        // Forgotten meanwhile: what was read may be older than what made it be forgotten.
        if (isCurrent()) this.#remembered.set(secretHash, key ?? noSuchKey)
        return key
      })
      .finally(() => {
        if (isCurrent()) this.#loading.delete(secretHash)
      })
    this.#loading.set(secretHash, loading)
    return loading
  }

  forget(secretHash: string): void {
    this.#remembered.delete(secretHash)
    this.#lastKnown?.delete(secretHash)
    this.#loading.delete(secretHash)
  }

  async #read(secretHash: string, isCurrent: () => boolean): Promise<AuthenticatedKey | null> {
    const reading = this.#options.keys.findByHash(null, secretHash).then((record) => {
      const key = record === undefined ? null : toAuthenticatedKey(record)
      if (key === null) this.#lastKnown?.delete(secretHash)
      else if (isCurrent()) this.#lastKnown?.set(secretHash, key)
      return key
    })
    const known = this.#lastKnown?.get(secretHash)
    if (known === undefined) return reading
    const found = await this.#within(reading).catch(unavailableAsTooSlow)
    if (found !== tooSlow) return found
    this.#options.onOutage()
    return known
  }

  #within<T>(reading: Promise<T>): Promise<T | typeof tooSlow> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.timers.after(storePatienceMs, () => resolve(tooSlow))
      reading.finally(cancel).then(resolve, reject)
    })
  }
}

function unavailableAsTooSlow(error: unknown): typeof tooSlow {
  if (error instanceof AppError && outages.has(error.code)) return tooSlow
  throw error
}

const outages: ReadonlySet<string> = new Set(['STORE_UNAVAILABLE', 'OVERLOADED', 'CALL_TIMEOUT'])
