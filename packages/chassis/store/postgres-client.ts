import { Client, type ClientBase, type ClientConfig, types } from 'pg'

/** Who a connection works as, and where it finds its tables. */
export interface PostgresAccess {
  /** With the password of the moment. */
  readonly url: string
  readonly schema: string
  /** The role that owns the schema and that every connection takes on; null when the user of the URL is that role. */
  readonly role: string | null
}

export const connectTimeoutMs = 5_000
/** Where no call says how much time there is. */
export const statementTimeoutMs = 30_000
export const lockTimeoutMs = 5_000
/** A process that stopped in the middle of a unit lets go of its locks after this. */
const idleInTransactionMs = 10_000
/** The server notices within 25 s that a client's machine is gone, and frees what it had locked. */
const keepAlive = { idleSeconds: 10, intervalSeconds: 5, count: 3 }

const int8 = 20
const numeric = 1700

/** Counts and times are far below 2^53, and SQLite gives them as numbers too. */
const parsers: ClientConfig['types'] = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 || oid === numeric ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
}

/** Settings of a connection; they are part of its first message and cost no round trip. */
export function clientConfig(access: PostgresAccess): ClientConfig {
  const settings = {
    ...(access.role !== null && { role: access.role }),
    search_path: `"${access.schema}"`,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    tcp_keepalives_idle: keepAlive.idleSeconds,
    tcp_keepalives_interval: keepAlive.intervalSeconds,
    tcp_keepalives_count: keepAlive.count,
    client_min_messages: 'warning',
  }
  const url = new URL(access.url)
  const own = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  url.searchParams.set('options', [url.searchParams.get('options') ?? '', ...own].join(' ').trim())
  if (!url.searchParams.has('application_name')) url.searchParams.set('application_name', `parley ${access.schema}`)
  return {
    // A space in a query string is written as %20, for parsers that do not know the plus sign.
    connectionString: url.href.replaceAll('+', '%20'),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAlive.idleSeconds * 1_000,
    pipeline: true,
    types: parsers,
  }
}

/** A connection of its own, outside any pool. */
export async function connectAlone(config: ClientConfig): Promise<Client> {
  const client = new Client(config)
  // Whoever uses the connection learns of its end from the statement that fails.
  client.on('error', () => {})
  await client.connect()
  return client
}

export type AnyClient = ClientBase
