import type { Logger } from 'pino'
import type { Pool } from 'undici'
import type { CallEnd, CalledInstance } from '../contract/callee.ts'
import type { Fit } from '../placement/remote-peer.ts'
import type { Clock } from '../values/clock.ts'
import type { Timers } from '../values/timers.ts'

/** Connections to one process and what its contract says. */
export interface InstancePeer extends AsyncDisposable {
  readonly pool: Pool
  readonly streams: Pool
  readonly fit: Fit
  start(): void
  /** True when it answered just now and its contract fits. */
  probe(): Promise<boolean>
  notReady(): readonly string[]
  assertCompatible(): void
  retire(): Promise<void>
}

export interface InstanceOptions {
  readonly service: string
  readonly origin: string
  readonly peer: InstancePeer
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
  /** Whether there is any other to go to. */
  readonly hasOthers: () => boolean
  /** Whether it may be put aside for what it answers, as opposed to not answering. */
  readonly mayDoWithout: () => boolean
  /** Told when `isUsable` may have changed. */
  readonly onChange: () => void
  readonly onEjected: () => void
}

/** Failures in a row after which an instance is put aside; when nothing listens, one is enough. */
const failuresMax = 3
const ejectedMs = { first: 500, max: 30_000 }
/** Working for so long makes up for earlier failures. */
const forgivenAfterMs = 60_000
/** After one failure others are preferred for so long, so that a repeated call comes to another instance. */
const suspectMs = 1_000

/**
 * One instance of a service, as calls to it have gone:
 *
 *   unknown ──contract fits──▶ usable ──does not answer──▶ ejected ──time over, answers a probe──▶ usable
 *      └─────breaking difference──▶ unfit                     └────────────does not────▶ ejected, twice as long
 *
 * A call that is answered all the same makes an ejected instance usable at once.
 */
export class Instance implements CalledInstance {
  readonly origin: string
  readonly peer: InstancePeer
  /** Calls under way. */
  outstanding = 0
  isSuspect = false
  readonly #options: InstanceOptions
  #isEjected = false
  #failures = 0
  #ejections = 0
  #usableSinceMs = 0
  #cancelTimers: (() => void)[] = []
  #isClosed = false

  constructor(options: InstanceOptions) {
    this.#options = options
    this.origin = options.origin
    this.peer = options.peer
  }

  get pool(): Pool {
    return this.peer.pool
  }

  get streams(): Pool {
    return this.peer.streams
  }

  get state(): 'usable' | 'ejected' | 'unfit' | 'unknown' {
    if (this.peer.fit === 'differs') return 'unfit'
    if (this.#isEjected) return 'ejected'
    return this.peer.fit === 'fits' ? 'usable' : 'unknown'
  }

  ended(end: CallEnd): void {
    this.outstanding--
    if (end === 'left') return
    if (end === 'answered') this.#answered()
    else if (end === 'leaving') this.#suspect()
    else this.#failed(end)
  }

  /** Takes no new calls; those under way go on. */
  async retire(): Promise<void> {
    this.#close()
    await this.peer.retire()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
    await this.peer[Symbol.asyncDispose]()
  }

  #close(): void {
    this.#isClosed = true
    for (const cancel of this.#cancelTimers) cancel()
    this.#cancelTimers = []
  }

  #answered(): void {
    this.#failures = 0
    if (this.isSuspect) this.isSuspect = false
    if (this.#isEjected) this.#admit()
  }

  #failed(end: 'refused' | 'broken' | 'unavailable'): void {
    if (this.#isClosed || !this.#options.hasOthers()) return
    this.#failures++
    this.#suspect()
    const isEnough = end === 'refused' || this.#failures >= failuresMax
    if (this.#isEjected || !isEnough) return
    if (end === 'unavailable' && !this.#options.mayDoWithout()) return
    this.#eject()
  }

  #suspect(): void {
    if (this.isSuspect) return
    this.isSuspect = true
    this.#after(suspectMs, () => {
      this.isSuspect = false
    })
  }

  #eject(): void {
    const { clock, log, service, onChange, onEjected } = this.#options
    if (clock.monotonicMs() - this.#usableSinceMs > forgivenAfterMs) this.#ejections = 0
    const delayMs = Math.min(ejectedMs.first * 2 ** this.#ejections, ejectedMs.max)
    this.#ejections++
    if (!this.#isEjected) {
      this.#isEjected = true
      log.warn({ service, instance: this.origin, failures: this.#failures }, 'instance put aside')
      onEjected()
      onChange()
    }
    this.#after(delayMs, () => void this.#probe())
  }

  async #probe(): Promise<void> {
    if (!this.#isEjected) return
    const isBack = await this.peer.probe()
    if (this.#isClosed || !this.#isEjected) return
    if (isBack) this.#admit()
    else this.#eject()
  }

  #admit(): void {
    const { clock, log, service, onChange } = this.#options
    this.#isEjected = false
    this.isSuspect = false
    this.#failures = 0
    this.#usableSinceMs = clock.monotonicMs()
    log.info({ service, instance: this.origin }, 'instance is used again')
    onChange()
  }

  #after(delayMs: number, action: () => void): void {
    const cancel = this.#options.timers.after(delayMs, () => {
      this.#cancelTimers = this.#cancelTimers.filter((other) => other !== cancel)
      action()
    })
    this.#cancelTimers.push(cancel)
  }
}
