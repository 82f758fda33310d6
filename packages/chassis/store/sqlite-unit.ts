import { type Transaction, transactionBrand } from '../values/transaction.ts'

export interface UnitCallbacks {
  committed(value: unknown): void
  failed(error: unknown): void
}

/** Why a unit may not be used: it did not begin yet, or it is over. */
type UnitState = 'queued' | 'open' | 'ended'

/**
 * One unit of work and the transaction that it sees.
 *
 *   queued ──begin──▶ open ──end──▶ ended ──settle──▶ (the caller's promise)
 */
export class SqliteUnit implements Transaction {
  readonly [transactionBrand] = true
  /** Resolves when the unit may run. */
  readonly turn: Promise<void>
  #startTurn!: () => void
  #state: UnitState = 'queued'
  #actions: (() => void)[] | null = null
  readonly #callbacks: UnitCallbacks
  #value: unknown
  #error: { readonly thrown: unknown } | null = null

  constructor(callbacks: UnitCallbacks) {
    this.#callbacks = callbacks
    this.turn = new Promise((resolve) => {
      this.#startTurn = resolve
    })
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  afterCommit(action: () => void): void {
    if (this.#state === 'ended') throw new Error('afterCommit was called on a transaction that is over')
    this.#actions ??= []
    this.#actions.push(action)
  }

  begin(): void {
    this.#state = 'open'
    this.#startTurn()
  }

  endWith(value: unknown): void {
    this.#state = 'ended'
    this.#value = value
  }

  endWithError(thrown: unknown): void {
    this.#state = 'ended'
    this.#error = { thrown }
  }

  /** Tells the caller; `actionFailed` hears of actions that threw although they must not. */
  settle(actionFailed: (error: unknown) => void): void {
    if (this.#error !== null) {
      this.#callbacks.failed(this.#error.thrown)
      return
    }
    for (const action of this.#actions ?? []) {
      try {
        action()
      } catch (error) {
        actionFailed(error)
      }
    }
    this.#callbacks.committed(this.#value)
  }

  /** Tells the caller that nothing of the unit was kept. */
  abandon(error: unknown): void {
    this.#state = 'ended'
    this.#callbacks.failed(error)
  }
}
