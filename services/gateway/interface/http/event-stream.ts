import type { ServerResponse } from 'node:http'
import { callerGone } from '@parley/chassis/contract/call-scope.ts'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import { forEachReady } from '@parley/chassis/values/ready-values.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { fromFailure } from '../errors.ts'
import type { EventStreamAnswer } from '../route.ts'
import { drained, endGuarded, type StallOptions } from './stall-guard.ts'

export interface EventStreamOptions extends StallOptions {
  headers: Readonly<Record<string, string>>
  keepAliveMs: number
  /** Called when the stream breaks after its head was sent. */
  onBroken: (error: AppError) => void
}

const keepAlive = ': keep-alive\n\n'

/**
 * Writes a response as server-sent events, one write per event, never faster than the client reads.
 *
 * The head is only sent with the first output, or when the client would otherwise hear nothing for `keepAliveMs`; a
 * failure before that is thrown, to be answered with its status. After that nothing is thrown: a stream that breaks ends
 * with an event that says so, or with a broken connection, and never looks complete.
 */
export class EventStreamWriter {
  readonly #raw: ServerResponse
  readonly #answer: EventStreamAnswer
  readonly #options: EventStreamOptions
  readonly #silence: NodeJS.Timeout
  /** Events from before the head; null once it was sent. */
  #held: string[] | null = []
  #draining = false

  constructor(raw: ServerResponse, answer: EventStreamAnswer, options: EventStreamOptions) {
    this.#raw = raw
    this.#answer = answer
    this.#options = options
    this.#silence = setTimeout(() => this.#breakSilence(), options.keepAliveMs)
  }

  async write(): Promise<void> {
    try {
      await this.#writeFrames()
      endGuarded(this.#raw, undefined, this.#options)
    } catch (thrown) {
      if (this.#held !== null) throw thrown
      this.#break(toAppError(thrown))
    } finally {
      clearTimeout(this.#silence)
    }
  }

  async #writeFrames(): Promise<void> {
    let hasEnded = false
    await forEachReady(this.#answer.frames, (frame) => {
      const events = this.#answer.encode(frame)
      hasEnded = frame.step.type === 'response-end'
      if (this.#held === null) return this.#writeEvents(events)
      this.#held.push(...events)
      return this.#startsOutput(frame) ? this.#writeEvents(this.#open()) : undefined
    })
    if (hasEnded) return
    throw new AppError('OUTCOME_UNKNOWN', 'The response broke off before it ended.')
  }

  #startsOutput({ step }: Frame): boolean {
    if (step.type === 'response-end' && step.failure !== null && this.#answer.earlyFailureAsStatus) {
      throw fromFailure(step.failure)
    }
    return step.type !== 'response-start'
  }

  /** Sends the head; returns the events that were held back. */
  #open(): string[] {
    const held = this.#held ?? []
    this.#held = null
    if (this.#raw.destroyed) throw callerGone
    this.#raw.writeHead(200, this.#options.headers)
    this.#raw.flushHeaders()
    return held
  }

  /** Undefined once all is written; a promise when the client has to read first. */
  #writeEvents(events: readonly string[]): Promise<void> | undefined {
    let written = 0
    for (const event of events) {
      if (this.#raw.destroyed) throw callerGone
      written++
      if (!this.#raw.write(event)) return this.#writeWhenDrained(events.slice(written))
    }
    this.#silence.refresh()
    return undefined
  }

  async #writeWhenDrained(rest: readonly string[]): Promise<void> {
    this.#draining = true
    await drained(this.#raw, this.#options)
    this.#draining = false
    await this.#writeEvents(rest)
  }

  #breakSilence(): void {
    if (this.#raw.destroyed) return
    const held = this.#held === null ? [] : this.#open()
    // A client that leaves events unread gets no comments on top.
    if (!this.#draining) for (const text of [...held, keepAlive]) this.#raw.write(text)
    this.#silence.refresh()
  }

  #break(error: AppError): void {
    this.#options.onBroken(error)
    const event = this.#answer.encodeBreak(error)
    if (event === null || this.#raw.destroyed) this.#raw.destroy()
    else endGuarded(this.#raw, event, this.#options)
  }
}
