import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { findFreePort } from './free-port.ts'
import { findPostgresPrograms, type PostgresPrograms, type ServerUser, serverUser } from './postgres-programs.ts'

export interface PostgresOptions {
  /** Where the server keeps its data; made when it is not there. */
  readonly dataDir: string
  /** 0 for one that is free. */
  readonly port: number
  /** Those of this machine's newest when absent. */
  readonly programs?: PostgresPrograms
  /** Whether the server goes on when this process ends. */
  readonly detached?: boolean
}

export interface RunningPostgres {
  /** Of an administrator, without a password: the server listens on 127.0.0.1 only. */
  readonly url: string
  readonly pid: number
  /** Ends the server and waits for it. */
  stop(): Promise<void>
}

const startTimeoutMs = 30_000
const pollMs = 50
/** Enough for the pools of several split systems under test. */
const connectionsMax = 300

/** Starts a PostgreSQL server with durable data. Rejects with the server's last words when it does not start. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dataDir, port, detached = false } = options
  const programs = options.programs ?? (await findPostgresPrograms())
  const user = serverUser()
  const folder = resolve(dataDir)
  if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(programs.initdb, folder, user)
  const logFile = join(folder, 'server.log')
  const log = openSync(logFile, 'a')
  const chosen = port === 0 ? await findFreePort() : port
  const settings = {
    port: chosen,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: connectionsMax,
  }
  const args = ['-D', folder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const server = spawn(programs.postgres, args, { ...user, env: {}, detached, stdio: ['ignore', log, log] })
  closeSync(log)
  if (detached) server.unref()
  const url = `postgres://postgres@127.0.0.1:${chosen}/postgres`
  await waitUntilUp(server, url, logFile)
  return { url, pid: server.pid ?? 0, stop: () => stop(server) }
}

async function initialise(initdb: string, folder: string, user: ServerUser): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const args = ['-D', folder, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions']
  try {
    await promisify(execFile)(initdb, args, { ...user, env: {} })
  } catch (cause) {
    throw new Error(`the data of PostgreSQL could not be made in ${folder}: ${String(cause)}`, { cause })
  }
}

async function waitUntilUp(server: ChildProcess, url: string, logFile: string): Promise<void> {
  const endsAt = Date.now() + startTimeoutMs
  while (hasEnded(server) === false && Date.now() < endsAt) {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await delay(pollMs)
    }
  }
  server.kill('SIGKILL')
  throw new Error(`PostgreSQL did not start: ${readFileSync(logFile, 'utf8').slice(-2_000).trim()}`)
}

/** `SIGINT` is the server's fast shutdown: it ends connections, and writes everything out. */
async function stop(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return
  const ended = once(server, 'exit')
  server.kill('SIGINT')
  await ended
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

if (import.meta.main) {
  const dataDir = join(import.meta.dirname, '..', '..', '.cache', 'services', 'postgres')
  const server = await startPostgres({ dataDir, port: Number(process.env.PORT ?? 5432) })
  console.log(`PostgreSQL runs at ${server.url} (process ${server.pid}); Ctrl-C ends it.`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop())
}
