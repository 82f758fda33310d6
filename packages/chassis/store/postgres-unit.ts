import type { PoolClient, QueryResult } from 'pg'
import { type Transaction, transactionBrand } from '../values/transaction.ts'
import { remainingCallMs } from './deadline-scope.ts'
import { lockTimeoutMs, statementTimeoutMs } from './postgres-client.ts'
import { commitUnknown, isAnswer, isFatal, isFirstFailure, isUnchanged, toPostgresError } from './postgres-errors.ts'
import type { Outcome, Statement } from './postgres-pipeline.ts'
import type { PostgresPool } from './postgres-pool.ts'

interface Queued {
  readonly statement: Statement
  /** Told what became of the statement; absent when nobody waits for it. */
  readonly settle?: (result: { value: QueryResult } | { thrown: unknown }) => void
  /** What the unit fails with if the statement changed nothing. */
  readonly refusal?: () => unknown
}

const commit: Statement = { text: 'commit' }
const rollback: Statement = { text: 'rollback' }

/**
 * One unit of work. It waits for the server only where it needs a result: statements that nobody waits for travel with
 * the next one that somebody does, `begin` with the first, `commit` with the last.
 *
 *   open ──(work resolved)──▶ commit ──▶ ended        open ──(work threw)──▶ roll back ──▶ ended
 *
 * Invariants: it has a connection from its first round trip to its end; after a failure nothing of it is kept.
 */
export class PostgresUnit implements Transaction {
  readonly [transactionBrand] = true
  readonly #service: string
  readonly #pool: PostgresPool
  readonly #actionFailed: (error: unknown) => void
  #isOpen = true
  #client: PoolClient | null = null
  #queue: Queued[] = []
  #sending: Promise<void> | null = null
  #failure: { readonly thrown: unknown } | null = null
  #actions: (() => void)[] | null = null
  #timeoutMs = statementTimeoutMs

  constructor(service: string, pool: PostgresPool, actionFailed: (error: unknown) => void) {
    this.#service = service
    this.#pool = pool
    this.#actionFailed = actionFailed
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  isOf(pool: PostgresPool): boolean {
    return this.#pool === pool
  }

  afterCommit(action: () => void): void {
    this.assertOpen()
    this.#actions ??= []
    this.#actions.push(action)
  }

  assertOpen(): void {
    if (!this.#isOpen) throw new Error('the transaction is over')
  }

  /** Sends the statement, with all that waits before it, and resolves to its result. */
  execute(statement: Statement): Promise<QueryResult> {
    this.assertOpen()
    return new Promise((resolve, reject) => {
      const settle: Queued['settle'] = (result) => ('value' in result ? resolve(result.value) : reject(result.thrown))
      this.#queue.push({ statement, settle })
      this.#sending ??= this.#sendQueue()
    })
  }

  /** Sends the statement with the next one that is waited for. The unit fails if it does, or changes nothing although it must. */
  defer(statement: Statement, refusal?: () => unknown): void {
    this.assertOpen()
    this.#queue.push({ statement, ...(refusal !== undefined && { refusal }) })
  }

  /** Resolves when everything is durable. */
  async commit(): Promise<void> {
    await this.#sending
    this.#isOpen = false
    if (this.#failure === null && (this.#client !== null || this.#queue.length > 0)) await this.#send(true)
    await this.#end()
    if (this.#failure !== null) throw this.#failure.thrown
    for (const action of this.#actions ?? []) {
      try {
        action()
      } catch (error) {
        this.#actionFailed(error)
      }
    }
  }

  /** Never rejects: a connection that cannot roll back is closed, which does the same. */
  async rollBack(): Promise<void> {
    this.#isOpen = false
    await this.#sending
    await this.#end()
  }

  async #end(): Promise<void> {
    const client = this.#client
    this.#client = null
    if (client === null) return
    if (client.getTransactionStatus() !== 'I')
      await this.#pool.send(client, [rollback], statementTimeoutMs).catch(() => {})
    this.#pool.release(client)
  }

  /** Statements that are asked for in the same turn go together. */
  async #sendQueue(): Promise<void> {
    await null
    while (this.#queue.some(({ settle }) => settle !== undefined)) await this.#send(false)
    this.#sending = null
  }

  async #send(isLast: boolean): Promise<void> {
    const queue = this.#queue
    this.#queue = []
    try {
      if (this.#failure !== null) throw this.#failure.thrown
      const isFirst = this.#client === null
      const client = this.#client ?? (await this.#pool.acquire())
      this.#client = client
      const begin = isFirst ? [this.#begin()] : []
      const statements = [...begin, ...queue.map(({ statement }) => statement), ...(isLast ? [commit] : [])]
      const outcomes = await this.#pool.send(client, statements, this.#timeoutMs)
      this.#settle(queue, outcomes.slice(begin.length), isLast)
    } catch (thrown) {
      this.#failure ??= { thrown }
      for (const { settle } of queue) settle?.({ thrown })
    }
  }

  /** The server gives up a statement when nobody waits for it any more. */
  #begin(): Statement {
    const remainingMs = remainingCallMs() ?? statementTimeoutMs
    this.#timeoutMs = Math.max(1, Math.min(statementTimeoutMs, Math.round(remainingMs)))
    const lockMs = Math.min(lockTimeoutMs, this.#timeoutMs)
    return { text: `begin; set local statement_timeout = ${this.#timeoutMs}; set local lock_timeout = ${lockMs}` }
  }

  #settle(queue: readonly Queued[], outcomes: readonly Outcome[], isLast: boolean): void {
    const failedAt = outcomes.findIndex((outcome) => 'error' in outcome && isFirstFailure(outcome.error))
    const failed = outcomes[failedAt]
    if (failed !== undefined && 'error' in failed) {
      this.#failure = { thrown: this.#reasonOf(queue[failedAt], failed.error, isLast, failedAt === queue.length) }
    }
    queue.forEach(({ settle }, index) => {
      const outcome = outcomes[index]
      if (outcome !== undefined && 'result' in outcome) settle?.({ value: outcome.result })
      else settle?.({ thrown: this.#failure?.thrown })
    })
    const end = isLast ? outcomes.at(-1) : undefined
    if (this.#failure === null && end !== undefined && !('result' in end && end.result.command === 'COMMIT')) {
      this.#failure = { thrown: new Error('a unit of work ended well although a statement of it had failed') }
    }
  }

  /** An ordinary error, or a fatal one that came before the commit, says that there was no commit. Silence says nothing. */
  #reasonOf(queued: Queued | undefined, error: unknown, isLast: boolean, isCommit: boolean): unknown {
    if (queued?.refusal !== undefined && isUnchanged(error)) return queued.refusal()
    const isKnown = isAnswer(error) && !(isCommit && isFatal(error))
    return isLast && !isKnown ? commitUnknown(this.#service, error) : toPostgresError(error, this.#service)
  }
}
