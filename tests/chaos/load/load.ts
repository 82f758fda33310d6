import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { within } from '../within.ts'
import { budgeted } from './budget-work.ts'
import { chatStream, leftChatStream, plainChat } from './chat-work.ts'
import { conversation, refused, trespass } from './conversation-work.ts'
import { type ClientNote, Journal } from './journal.ts'
import type { LoadContext, Work } from './load-context.ts'
import { RawClient } from './raw-client.ts'
import { cancelled, lateStored, repeated, slowReader, storedStream } from './stored-work.ts'
import type { LoadTenant } from './wish.ts'

/** Every kind of work that clients do, and how often one of it is chosen. */
export const works: Readonly<Record<string, { readonly work: Work; readonly weight: number }>> = {
  'plain-chat': { work: plainChat, weight: 8 },
  'chat-stream': { work: chatStream, weight: 4 },
  'left-chat-stream': { work: leftChatStream, weight: 1 },
  'stored-stream': { work: storedStream, weight: 6 },
  'slow-reader': { work: slowReader, weight: 1 },
  'late-stored': { work: lateStored, weight: 3 },
  cancelled: { work: cancelled, weight: 2 },
  repeated: { work: repeated, weight: 3 },
  conversation: { work: conversation, weight: 3 },
  budgeted: { work: budgeted, weight: 1 },
  trespass: { work: trespass, weight: 1 },
  refused: { work: refused, weight: 1 },
}

export interface LoadOptions {
  readonly url: string
  /** May make keys. */
  readonly administratorKey: string
  readonly tenants: readonly LoadTenant[]
  readonly random: Random
  readonly workers: number
}

export interface Done {
  readonly kind: string
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** Null when it failed. */
  readonly tookMs: number | null
  readonly problem: string
  /** Nothing was accepted, and the client was told to send it again, which client libraries do. */
  readonly isRepeatable: boolean
}

const pauseMs = 15
/** Work that has not ended so long after everything was taken from it is left behind. */
const abandonMs = 5_000

/** Clients at work: each does one thing after the other until it is told to stop. */
export class Load implements AsyncDisposable {
  readonly journal = new Journal()
  readonly done: Done[] = []
  readonly #options: LoadOptions
  readonly #context: LoadContext
  readonly #raw: RawClient
  #isStopping = false
  #workers: Promise<void>[] = []
  #wishes = 0
  #patientUntilMs = Number.POSITIVE_INFINITY

  constructor(options: LoadOptions) {
    this.#options = options
    this.#raw = new RawClient(options.url)
    this.#context = {
      url: options.url,
      administratorKey: options.administratorKey,
      raw: this.#raw,
      tenants: options.tenants,
      journal: this.journal,
      random: options.random,
      notes: [],
      patientUntilMs: () => this.#patientUntilMs,
      nextModel: (kind) => `${kind}-${++this.#wishes}`,
    }
  }

  get context(): LoadContext {
    return this.#context
  }

  start(): void {
    const bag = Object.entries(works).flatMap(([kind, { weight }]) => Array.from({ length: weight }, () => kind))
    this.#workers = Array.from({ length: this.#options.workers }, async () => {
      while (!this.#isStopping) {
        await this.once(this.#options.random.pick(bag))
        await delay(pauseMs)
      }
    })
  }

  /** Does one thing; resolves to whether it went as asked. */
  async once(kind: string): Promise<boolean> {
    const chosen = works[kind]
    if (chosen === undefined) throw new Error(`there is no work ${kind}`)
    const startedAtMs = performance.now()
    const notes: ClientNote[] = []
    try {
      const tookMs = await chosen.work({ ...this.#context, notes })
      const problem = tookMs === null ? (notes.flatMap(({ errors }) => errors).at(-1) ?? 'no answer') : ''
      const isRepeatable = notes.length > 0 && notes.every(({ isToldToRepeat }) => isToldToRepeat)
      this.done.push({ kind, startedAtMs, endedAtMs: performance.now(), tookMs, problem, isRepeatable })
      return tookMs !== null
    } catch (error) {
      const problem = String(error)
      this.done.push({ kind, startedAtMs, endedAtMs: performance.now(), tookMs: null, problem, isRepeatable: false })
      return false
    }
  }

  /** Nothing is broken any more: what does not succeed within so long has failed. */
  healed(withinMs: number): void {
    this.#patientUntilMs = performance.now() + withinMs
  }

  /** Resolves once every client has finished what it was at. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#workers)
  }

  /** Ends all work at once, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.healed(0)
    this.#raw.close()
    await within(this.stop(), abandonMs)
  }

  /** What took its client longest, in words. */
  slowest(): string {
    const [slowest] = this.done.toSorted((one, other) => lengthOf(other) - lengthOf(one))
    if (slowest === undefined) return 'nothing was done'
    const seconds = (lengthOf(slowest) / 1_000).toFixed(1)
    return `${slowest.kind}, ${seconds} s${slowest.problem === '' ? '' : `: ${slowest.problem}`}`
  }

  /** Median of one kind of work that was begun between two instants of `performance.now()`. */
  medianMs(kind: string, { from, to }: { from: number; to: number }): number {
    const times = this.done
      .filter((one) => one.kind === kind && one.startedAtMs >= from && one.startedAtMs < to)
      .flatMap(({ tookMs }) => (tookMs === null ? [] : [tookMs]))
      .sort((one, other) => one - other)
    return times[times.length >> 1] ?? Number.NaN
  }
}

function lengthOf({ startedAtMs, endedAtMs }: Done): number {
  return endedAtMs - startedAtMs
}
