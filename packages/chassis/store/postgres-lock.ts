import { Socket } from 'node:net'
import type { Client } from 'pg'
import { clientConfig, connectAlone, type PostgresAccess } from './postgres-client.ts'
import { lockKey } from './postgres-lock-key.ts'
import type { StoreLock } from './store.ts'

const heartbeatMs = 5_000

/**
 * An advisory lock of a session that does nothing else, so the server drops it with the connection. The holder asks the
 * server every few seconds whether it is there: it takes itself for locked out well before the server lets somebody else in.
 */
export async function tryPostgresLock(access: PostgresAccess, name: string): Promise<StoreLock | null> {
  const client = await connectAlone({ ...clientConfig(access), query_timeout: heartbeatMs })
  try {
    const { rows } = await client.query<{ isMine: boolean }>('select pg_try_advisory_lock($1::bigint) as "isMine"', [
      lockKey(access.schema, name),
    ])
    if (rows[0]?.isMine === true) return new PostgresLock(client)
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  await client.end()
  return null
}

class PostgresLock implements StoreLock {
  readonly lost: Promise<void>
  readonly #client: Client
  readonly #timer: NodeJS.Timeout
  #isReleased = false

  constructor(client: Client) {
    this.#client = client
    this.lost = new Promise((resolve) => {
      const lose = () => {
        clearInterval(this.#timer)
        if (!this.#isReleased) resolve()
      }
      client.on('error', lose)
      client.on('end', lose)
    })
    // A lock alone is no reason for a process to stay.
    if (client.connection.stream instanceof Socket) client.connection.stream.unref()
    this.#timer = setInterval(() => {
      client.query('select 1').catch(() => client.connection.stream.destroy())
    }, heartbeatMs).unref()
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    clearInterval(this.#timer)
    await this.#client.end()
  }
}
