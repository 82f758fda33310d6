import type { Logger } from 'pino'
import { Pool } from 'undici'
import type { Contract } from '../contract/define-contract.ts'
import { breakingDifferences, type ContractDescriptor, describeContract } from '../contract/descriptor.ts'
import { contractViolated } from '../contract/failures.ts'
import { servicePrefix } from '../contract/http-binding.ts'
import type { InternalAuth } from '../contract/internal-auth.ts'
import type { Principal } from '../values/context.ts'
import type { AppError } from '../values/errors.ts'

export interface RemotePeerOptions {
  contract: Contract
  url: URL
  auth: InternalAuth
  /** A service hosted here, in whose name the handshake is made. */
  caller: string
  log: Logger
  /** Told whenever the contract has been compared. */
  onChecked?: () => void
  /** How long to try to connect; as long as the library does by itself when absent. */
  connectTimeoutMs?: number
}

/** What is known of the other side's contract; `unknown` until it has answered once. */
export type Fit = 'unknown' | 'fits' | 'differs'

const connectionsMax = 128
/** A stream has its connection to itself until it ends: whoever begins streams bounds how many there are, far below this. */
const streamsMax = 32_768
const handshakeTimeoutMs = 5_000
const handshakeRetryMs = 500
const handshakeAgainMs = 10_000
/**
 * Shorter than any server keeps an idle connection, so that none is closed while a call is put on it; one that stops
 * waits for so long before it closes any.
 */
export const idleConnectionMs = 1_000
/** The handshake is about the process, not about anybody's data. */
const system: Principal = { tenant: 'parley', keyId: null, scopes: [] }

/**
 * Another process that runs a service: the connections to it and whether both sides mean the same contract.
 *
 *   unknown ──contract fetched, no breaking difference──▶ compatible ──new connection──▶ checked again
 *      └─────contract fetched, breaking difference──────▶ incompatible ──retried──▶ …
 *
 * Until the first answer the process is not ready; calls are tried all the same, since each is checked by itself. While
 * the difference is known to be breaking, calls are refused in words.
 */
export class RemotePeer implements AsyncDisposable {
  readonly pool: Pool
  readonly streams: Pool
  readonly #options: RemotePeerOptions
  #differences: readonly string[] | null = null
  #failure: string | null = null
  #checkedAtMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: RemotePeerOptions) {
    this.#options = options
    this.pool = this.#openPool(connectionsMax)
    this.streams = this.#openPool(streamsMax)
  }

  /** Starts to check the contract and goes on until it is known to fit. */
  start(): void {
    this.#checkSoon(0)
  }

  get fit(): Fit {
    if (this.#differences === null) return 'unknown'
    return this.#differences.length === 0 ? 'fits' : 'differs'
  }

  /** Asks for the contract now. True when the other side answered and the two fit. */
  async probe(): Promise<boolean> {
    return !this.#closed && (await this.#check())
  }

  notReady(): readonly string[] {
    const { contract, url } = this.#options
    const place = `${contract.name} at ${url.origin}`
    if (this.#differences !== null) {
      return this.#differences.map((difference) => `${place} has another contract: ${difference}`)
    }
    return [`${place} ${this.#failure ?? 'has not answered yet'}`]
  }

  assertCompatible(): void {
    const first = this.#differences?.[0]
    if (first !== undefined) throw this.#incompatible(first)
  }

  /** Takes no new calls; those under way go on to their end. */
  async retire(): Promise<void> {
    this.#stopChecking()
    await Promise.all([this.pool.close(), this.streams.close()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopChecking()
    await Promise.all([this.pool.destroy(), this.streams.destroy()])
  }

  #openPool(connections: number): Pool {
    const { url, connectTimeoutMs } = this.#options
    const pool = new Pool(url.origin, {
      connections,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: idleConnectionMs,
      pipelining: 1,
      ...(connectTimeoutMs !== undefined && { connect: { timeout: connectTimeoutMs } }),
    })
    pool.on('connect', () => this.#checkSoon(0))
    return pool
  }

  #stopChecking(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #incompatible(difference: string): AppError {
    return contractViolated(this.#options.contract.name, difference)
  }

  #checkSoon(delayMs: number): void {
    if (this.#closed || this.#timer !== null) return
    if (performance.now() - this.#checkedAtMs < handshakeAgainMs && this.#differences?.length === 0) return
    this.#timer = setTimeout(() => {
      void this.#check().then((settled) => {
        this.#timer = null
        if (!settled) this.#checkSoon(handshakeRetryMs)
      })
    }, delayMs).unref()
  }

  /** True when the two sides are known to fit. */
  async #check(): Promise<boolean> {
    this.#checkedAtMs = performance.now()
    const { contract, url, log } = this.#options
    try {
      const theirs = await this.#fetchDescriptor()
      const differences = breakingDifferences(describeContract(contract), theirs)
      const changed = this.#differences?.join() !== differences.join()
      this.#differences = differences
      if (changed && differences.length > 0)
        log.error({ service: contract.name, url: url.origin, differences }, 'contract does not fit')
      if (changed && differences.length === 0) log.info({ service: contract.name, url: url.origin }, 'contract fits')
      return differences.length === 0
    } catch (error) {
      this.#failure = `cannot be asked for its contract (${error instanceof Error ? error.message : 'unknown'})`
      return false
    } finally {
      this.#options.onChecked?.()
    }
  }

  async #fetchDescriptor(): Promise<ContractDescriptor> {
    const { contract, caller, auth } = this.#options
    const token = await auth.sign({ caller, callee: contract.name, principal: system })
    const { statusCode, body } = await this.pool.request({
      method: 'GET',
      path: `${servicePrefix(contract.name)}/contract`,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(handshakeTimeoutMs),
    })
    const text = await body.text()
    if (statusCode === 401) throw new Error('it refused the token: PARLEY_INTERNAL_SECRET differs between the two')
    if (statusCode !== 200) throw new Error(`status ${statusCode}`)
    return JSON.parse(text) as ContractDescriptor
  }
}
