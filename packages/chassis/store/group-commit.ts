import { AppError } from '../values/errors.ts'
import type { Transaction } from '../values/transaction.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { SqliteUnit } from './sqlite-unit.ts'
import type { OnCommit } from './store.ts'
import { isFsyncError, storeUnavailable, toStoreError } from './store-errors.ts'
import { isInsideTransaction, runInTransactionScope } from './transaction-scope.ts'

export interface GroupCommitLimits {
  /** Units that share one commit. */
  readonly batchMax: number
  /** Units that may wait; beyond it new ones are refused as OVERLOADED. */
  readonly queueMax: number
  /** How long one unit may keep the store to itself. */
  readonly unitMs: number
}

const gatherTurns = 4

/** A statement with its values: running it again writes the same. */
type Write = (connection: SqliteConnection) => unknown

export interface GroupCommitOptions {
  readonly service: string
  readonly limits: GroupCommitLimits
  /** Hears of defects that have no caller to be told. */
  readonly defect: (error: unknown, message: string) => void
  /** Called after every commit, when nothing waits for it any more. */
  readonly committed: () => void
  readonly onCommit?: OnCommit
}

/**
 * Runs units of work one after the other and commits those that arrived together as one. Every unit is all or nothing by
 * itself. One that fails after it has written is undone with everything since `begin`, and what the units before it wrote is
 * written again; that is rare, while a savepoint around every unit would cost as much as its statements. Nobody is told
 * anything before the commit is durable.
 *
 *   queue ──(next turn of the event loop)──▶ begin · unit · unit · … · commit ──▶ settle all, run their actions
 *
 * The driver is synchronous, so a unit that awaits its own store only takes microtasks; one that awaits anything else
 * holds up everybody and is cut off after `unitMs`.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection
  readonly #options: GroupCommitOptions
  #queue: SqliteUnit[] = []
  #batch: SqliteUnit[] = []
  #position = 0
  /** What the units of the batch wrote so far, in order, and where the open unit's part of it begins. */
  #writes: Write[] = []
  #unitWritesFrom = 0
  #isScheduled = false
  #isHeld = false
  #isFlushDue = false
  #lastBatchSize = 0
  /** Set when a statement failed in a way that may have ended the database's transaction: the whole batch is lost. */
  #batchError: unknown = null
  /** Set once the database cannot be trusted any more: nothing is tried again. */
  #failure: AppError | null = null
  #isClosed = false
  #startedMs = 0
  #onIdle: (() => void) | null = null

  constructor(connection: SqliteConnection, options: GroupCommitOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** Units that wait for their batch. */
  get waiting(): number {
    return this.#queue.length
  }

  get failure(): AppError | null {
    return this.#failure
  }

  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (isInsideTransaction()) {
      return Promise.reject(new Error('a transaction was begun inside another one: units of work do not nest'))
    }
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (this.#isClosed) return Promise.reject(storeUnavailable(this.#options.service, 'it was closed'))
    if (this.#queue.length >= this.#options.limits.queueMax) {
      return Promise.reject(new AppError('OVERLOADED', 'Too many writes are waiting. Try again shortly.'))
    }
    return new Promise<T>((committed, failed) => {
      const unit = new SqliteUnit({ committed: (value) => committed(value as T), failed })
      void this.#perform(unit, work)
      this.#queue.push(unit)
      this.#schedule()
    })
  }

  /** Throws unless statements of `unit` may run now. */
  assertOpen(unit: SqliteUnit): void {
    if (!unit.isOpen || this.#batch[this.#position] !== unit)
      throw new Error('the transaction is over, or of another store')
    if (this.#batchError !== null) throw this.#batchError
  }

  /** To be called with each statement of the open unit that may have changed something. */
  wrote(write: Write): void {
    this.#writes.push(write)
  }

  /** To be called with what a statement of the open unit threw. */
  statementFailed(error: unknown): void {
    if (error instanceof AppError) this.#batchError ??= error
  }

  /** Stops the store for good: units that wait are told, new ones are refused. */
  fail(error: AppError): void {
    this.#failure ??= error
  }

  /** Begins no batch until the returned function is called; null while one is under way. */
  hold(): (() => void) | null {
    if (this.#isHeld || this.#batch.length > 0) return null
    this.#isHeld = true
    return () => {
      this.#isHeld = false
      if (this.#isFlushDue) this.#flush()
    }
  }

  /** Refuses new units and resolves when none waits or runs. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (!this.#isScheduled) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  /** Runs in the asynchronous context of the unit's caller, not in that of the batch. */
  async #perform(unit: SqliteUnit, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
    await unit.turn
    let value: unknown
    try {
      value = await runInTransactionScope(unit, work)
    } catch (thrown) {
      this.#unitEnded(unit, { thrown })
      return
    }
    this.#unitEnded(unit, null, value)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#flushAfter(this.#lastBatchSize > 1 ? gatherTurns : 0)
  }

  /** Where several units came together, more are about to: a few turns of the loop cost less than a commit does. */
  #flushAfter(turns: number): void {
    setImmediate(() => {
      if (turns > 0 && this.#queue.length < this.#options.limits.batchMax) this.#flushAfter(turns - 1)
      else this.#flush()
    })
  }

  #flush(): void {
    this.#isFlushDue = this.#isHeld
    if (this.#isHeld) return
    const { batchMax } = this.#options.limits
    this.#batch = this.#queue.length <= batchMax ? this.#queue : this.#queue.slice(0, batchMax)
    this.#queue = this.#queue.length <= batchMax ? [] : this.#queue.slice(batchMax)
    this.#lastBatchSize = this.#batch.length
    this.#position = 0
    this.#writes = []
    this.#batchError = null
    try {
      if (this.#failure !== null) throw this.#failure
      this.#startedMs = performance.now()
      this.#connection.begin()
    } catch (error) {
      this.#abandonBatch(error)
      return
    }
    this.#runNext()
    this.#watch()
  }

  #runNext(): void {
    const unit = this.#batch[this.#position]
    if (unit === undefined || this.#batchError !== null) {
      this.#commit()
      return
    }
    this.#unitWritesFrom = this.#writes.length
    unit.begin()
  }

  #unitEnded(unit: SqliteUnit, error: { thrown: unknown } | null, value?: unknown): void {
    if (!unit.isOpen) return
    if (error === null) unit.endWith(value)
    else unit.endWithError(error.thrown)
    try {
      if (error !== null && this.#batchError === null) this.#undoUnit()
    } catch (cause) {
      this.#batchError = cause
    }
    this.#position++
    this.#runNext()
  }

  #undoUnit(): void {
    if (this.#writes.length === this.#unitWritesFrom) return
    this.#writes.length = this.#unitWritesFrom
    this.#connection.rollback()
    this.#connection.begin()
    for (const write of this.#writes) write(this.#connection)
  }

  #commit(): void {
    try {
      if (this.#batchError !== null) throw this.#batchError
      if (this.#connection.isInTransaction) this.#connection.commit()
    } catch (error) {
      this.#abandonBatch(error)
      return
    }
    this.#options.onCommit?.(this.#batch.length, (performance.now() - this.#startedMs) / 1_000)
    for (const unit of this.#batch) {
      unit.settle((error) => this.#options.defect(error, 'an action after a commit threw'))
    }
    this.#flushed()
    this.#options.committed()
  }

  #abandonBatch(error: unknown): void {
    const reason = toStoreError(error, this.#options.service)
    const appError =
      reason instanceof AppError ? reason : storeUnavailable(this.#options.service, 'the commit failed', reason)
    this.#rollBackQuietly()
    if (isFsyncError(error)) this.fail(appError)
    for (const unit of this.#batch) unit.abandon(appError)
    this.#flushed()
  }

  #rollBackQuietly(): void {
    try {
      if (this.#connection.isInTransaction) this.#connection.rollback()
    } catch (error) {
      this.fail(storeUnavailable(this.#options.service, 'a failed transaction could not be undone', error))
    }
  }

  #flushed(): void {
    this.#batch = []
    this.#isScheduled = false
    if (this.#queue.length > 0) {
      this.#schedule()
      return
    }
    this.#onIdle?.()
    this.#onIdle = null
  }

  /** Looks after the event loop has turned once: by then a batch is done, unless a unit awaits something foreign. */
  #watch(): void {
    const batch = this.#batch
    const { unitMs } = this.#options.limits
    const check = (watched: SqliteUnit | undefined) => {
      if (this.#batch !== batch) return
      const running = batch[this.#position]
      if (running !== undefined && running === watched) {
        const text = `a unit of work was cut off after ${unitMs} ms: it awaits something other than its own store`
        this.#unitEnded(running, { thrown: new Error(text) })
      }
      if (this.#batch === batch) setTimeout(check, unitMs, batch[this.#position]).unref()
    }
    setImmediate(check, undefined)
  }
}
