import type { AppError } from '@parley/chassis/values/errors.ts'
import type { LiveFeed } from './live-feed.ts'
import type { Claim, RunScope } from './ports.ts'

/** Why a run was told to stop, beside its deadline. The first reason stays. */
export type StopReason = 'cancelled' | 'abandoned' | 'overtaken' | 'draining'

/**
 * One response that this process is running, or whose only follower has not come yet. One attempt runs at a time; whoever
 * follows is not told when the next one takes its place.
 */
export class LiveRun {
  readonly feed: LiveFeed
  /** On the monotonic clock. */
  readonly startedAtMs: number
  /** Resolves when the run has ended, however it did. */
  readonly finished: Promise<void>
  leaseRenewedAtMs: number
  #claim: Claim
  #scope: RunScope
  #finish!: () => void
  #isRunning = true
  #stopped: StopReason | null = null

  constructor(parts: { claim: Claim; feed: LiveFeed; scope: RunScope; startedAtMs: number }) {
    this.#claim = parts.claim
    this.#scope = parts.scope
    this.feed = parts.feed
    this.startedAtMs = parts.startedAtMs
    this.leaseRenewedAtMs = parts.startedAtMs
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  /** Of the attempt that runs. */
  get claim(): Claim {
    return this.#claim
  }

  /** Of the attempt that runs. */
  get scope(): RunScope {
    return this.#scope
  }

  get stopped(): StopReason | null {
    return this.#stopped
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Aborts the provider call and whatever else the run waits for. */
  stop(reason: StopReason, error: AppError): void {
    this.#stopped ??= reason
    this.#scope.end(error)
    this.feed.wakeWriter()
  }

  /** The next attempt takes the place of the one that was lost. A run that was stopped meanwhile stays stopped. */
  goOn(claim: Claim, scope: RunScope): void {
    const { reason } = this.#scope
    this.#scope.close()
    this.#claim = claim
    this.#scope = scope
    if (reason !== null) scope.end(reason)
  }

  finish(): void {
    this.#isRunning = false
    this.#scope.close()
    this.#finish()
  }
}

/** The runs of this process, by response id, and who waits for one to arrive. */
export class LiveRuns {
  readonly #limits: { readonly runsMax: number }
  readonly #runs = new Map<string, LiveRun>()
  readonly #arrivals = new Map<string, (() => void)[]>()
  #running = 0

  /** The limit is read whenever there may be room: it may change. */
  constructor(limits: { readonly runsMax: number }) {
    this.#limits = limits
  }

  get freeSlots(): number {
    return Math.max(0, this.#limits.runsMax - this.#running)
  }

  get running(): number {
    return this.#running
  }

  get size(): number {
    return this.#runs.size
  }

  add(run: LiveRun): void {
    const { responseId } = run.claim.response
    this.#running++
    this.#runs.set(responseId, run)
    this.announce(responseId)
  }

  /** Frees the slot. A plain run stays to be found until its follower has come. */
  finish(run: LiveRun): void {
    this.#running--
    run.finish()
    if (run.feed.logged || run.feed.hasFollower) this.remove(run)
  }

  /** Wakes who waits for the response, which may be here or only in the store. */
  announce(responseId: string): void {
    const waiting = this.#arrivals.get(responseId)
    if (waiting === undefined) return
    this.#arrivals.delete(responseId)
    for (const wake of waiting) wake()
  }

  find(responseId: string): LiveRun | undefined {
    return this.#runs.get(responseId)
  }

  /** Forgets the run; a later run of the same response stays. */
  remove(run: LiveRun): void {
    const { responseId } = run.claim.response
    if (this.#runs.get(responseId) === run) this.#runs.delete(responseId)
  }

  /** Calls back once when the response arrives; the returned function forgets the wish. */
  onArrival(responseId: string, wake: () => void): () => void {
    const waiting = this.#arrivals.get(responseId)
    if (waiting === undefined) this.#arrivals.set(responseId, [wake])
    else waiting.push(wake)
    return () => {
      const left = this.#arrivals.get(responseId)?.filter((other) => other !== wake)
      if (left === undefined) return
      if (left.length === 0) this.#arrivals.delete(responseId)
      else this.#arrivals.set(responseId, left)
    }
  }

  [Symbol.iterator](): MapIterator<LiveRun> {
    return this.#runs.values()
  }
}
