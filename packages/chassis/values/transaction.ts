import type { CallContext } from './context.ts'

/** Marks what stores accept as a transaction; only store adapters carry it. */
export const transactionBrand: unique symbol = Symbol('transaction')

/**
 * A database transaction in progress, as use cases and ports pass it on. Only store adapters look inside. While one is
 * open, calls to other services are refused.
 */
export interface Transaction {
  readonly [transactionBrand]: true
  /** Runs after the commit is durable; never runs when the transaction is rolled back. Must not throw. */
  afterCommit(action: () => void): void
}

/** Runs units of work, each all or nothing. A unit must only touch its own store, and ends soon. */
export interface Transactor {
  /**
   * Resolves after the commit is durable, to what `work` resolved to; rejects with what `work` threw, its writes undone.
   * Throws STORE_UNAVAILABLE (retryable) when the store cannot commit, OVERLOADED when too many units wait. `work` runs
   * once. Transactions do not nest. `within` is what asks for it: in its trace, when that is recorded, the unit is seen.
   */
  transaction<T>(
    work: (tx: Transaction) => Promise<T>,
    within?: Pick<CallContext, 'traceparent' | 'tracestate'>,
  ): Promise<T>
}
