import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig, Pool, type PoolClient } from 'pg'
import { AppError } from '../values/errors.ts'
import { clientConfig, connectTimeoutMs, type PostgresAccess, statementTimeoutMs } from './postgres-client.ts'
import { isRefusedPassword, toPostgresError } from './postgres-errors.ts'
import { type Outcome, type Statement, sendTogether } from './postgres-pipeline.ts'

export interface PostgresPoolOptions {
  readonly service: string
  readonly access: PostgresAccess
  readonly connectionsMax: number
  /** Units and reads that may wait for a connection; beyond it new ones are refused as OVERLOADED. */
  readonly queueMax: number
}

/** Past the time that the server was given for a statement: then it is not the server that keeps us waiting. */
const graceMs = 2_000
const idleTimeoutMs = 60_000
/** How long the server and this process may disagree about the password, which is replaced in one after the other. */
const passwordChangeMs = 3_000
const passwordRetryMs = 200

/** The connections of one store. A broken one leaves the pool; the next user gets another. */
export class PostgresPool {
  readonly #options: PostgresPoolOptions
  readonly #pool: Pool
  readonly #broken = new WeakSet<PoolClient>()
  #roundTrips = 0

  constructor(options: PostgresPoolOptions) {
    this.#options = options
    this.#pool = new Pool({
      Client: clientOf(options.access),
      max: options.connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleTimeoutMs,
      allowExitOnIdle: true,
    })
    this.#pool.on('connect', (client) => {
      client.on('error', () => this.#broken.add(client))
    })
    // An idle connection that breaks is replaced when one is needed.
    this.#pool.on('error', () => {})
  }

  /** Connections in use and idle, and how many wait for one. */
  get activity(): { used: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount }
  }

  get roundTrips(): number {
    return this.#roundTrips
  }

  /** Throws STORE_UNAVAILABLE, and OVERLOADED when all connections stay busy. */
  async acquire(): Promise<PoolClient> {
    if (this.#pool.waitingCount >= this.#options.queueMax) throw overloaded()
    try {
      return await this.#connect()
    } catch (error) {
      if (this.#pool.totalCount >= this.#options.connectionsMax && this.#pool.idleCount === 0) throw overloaded(error)
      throw toPostgresError(error, this.#options.service)
    }
  }

  /** One round trip. Throws STORE_UNAVAILABLE when the connection had broken before anything was sent. */
  async send(client: PoolClient, statements: readonly Statement[], timeoutMs: number): Promise<Outcome[]> {
    if (this.#broken.has(client)) {
      throw toPostgresError(new Error('it broke while nothing was under way'), this.#options.service)
    }
    this.#roundTrips++
    return sendTogether(client, statements, timeoutMs + graceMs)
  }

  /** Gives a connection back; one that is broken, or still inside a transaction, is closed. */
  release(client: PoolClient): void {
    client.release(this.#broken.has(client) || client.getTransactionStatus() !== 'I')
  }

  /** One statement of its own, which is a transaction by itself. */
  async query(statements: readonly Statement[], timeoutMs = statementTimeoutMs): Promise<Outcome[]> {
    const client = await this.acquire()
    try {
      return await this.send(client, statements, timeoutMs)
    } finally {
      this.release(client)
    }
  }

  async #connect(): Promise<PoolClient> {
    const endsAtMs = performance.now() + passwordChangeMs
    for (;;) {
      try {
        return await this.#pool.connect()
      } catch (error) {
        if (!isRefusedPassword(error) || performance.now() > endsAtMs) throw error
        await delay(passwordRetryMs)
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

/** Each connection is made with what the access says at that moment: a password may have been replaced meanwhile. */
function clientOf(access: PostgresAccess): typeof Client {
  return class extends Client {
    constructor(config: ClientConfig) {
      super({ ...config, ...clientConfig(access) })
    }
  }
}

function overloaded(cause?: unknown): AppError {
  return new AppError('OVERLOADED', 'Too many reads and writes are waiting. Try again shortly.', { cause })
}
