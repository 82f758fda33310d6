import type { Clock } from '@parley/chassis/values/clock.ts'
import { LRUCache } from 'lru-cache'
import type { KeyDirectory, KeyStore } from '../application/ports.ts'
import { type AuthenticatedKey, toAuthenticatedKey } from '../domain/api-key.ts'

export interface CachedKeyDirectoryOptions {
  keys: Pick<KeyStore, 'findByHash'>
  clock: Clock
}

/** How long a key is taken for what it was: the longest a revocation takes to reach this process. */
export const keyFreshMs = 500
const keysRememberedMax = 10_000

const noSuchKey = Symbol('no such key')

export class CachedKeyDirectory implements KeyDirectory {
  readonly #keys: CachedKeyDirectoryOptions['keys']
  readonly #remembered: LRUCache<string, AuthenticatedKey | typeof noSuchKey>
  /** Requests that arrive together with the same secret share one look-up. */
  readonly #loading = new Map<string, Promise<AuthenticatedKey | null>>()

  constructor({ keys, clock }: CachedKeyDirectoryOptions) {
    this.#keys = keys
    this.#remembered = new LRUCache({
      max: keysRememberedMax,
      ttl: keyFreshMs,
      ttlResolution: 0,
      // The cache takes a start of 0 for none.
      perf: { now: () => clock.monotonicMs() + 1 },
    })
  }

  peek(secretHash: string): AuthenticatedKey | null | undefined {
    const found = this.#remembered.get(secretHash)
    return found === noSuchKey ? null : found
  }

  load(secretHash: string): Promise<AuthenticatedKey | null> {
    const underway = this.#loading.get(secretHash)
    if (underway !== undefined) return underway
    const isCurrent = () => this.#loading.get(secretHash) === loading
    const loading: Promise<AuthenticatedKey | null> = this.#read(secretHash)
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
    this.#loading.delete(secretHash)
  }

  async #read(secretHash: string): Promise<AuthenticatedKey | null> {
    const record = await this.#keys.findByHash(null, secretHash)
    return record === undefined ? null : toAuthenticatedKey(record)
  }
}
