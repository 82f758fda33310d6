import type { ReadyIterator } from '@parley/chassis/values/ready-values.ts'

/**
 * Hands what one side produces to one consumer, in order. The producer is told to pause when the consumer falls behind,
 * and to stop when it leaves.
 */
export class StepQueue<T> implements ReadyIterator<T>, AsyncIterableIterator<T, undefined> {
  readonly #producer: Producer
  #items: T[] = []
  /** Position of the next item to hand out: shifting an array would cost its length. */
  #head = 0
  #outcome: { error: unknown } | 'ended' | null = null
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | null = null
  #paused = false

  constructor(producer: Producer) {
    this.#producer = producer
  }

  push(items: readonly T[]): void {
    for (const item of items) {
      if (this.#waiting === null) {
        this.#items.push(item)
      } else {
        this.#waiting.resolve({ done: false, value: item })
        this.#waiting = null
      }
    }
    if (!this.#paused && this.#outcome === null && this.#length >= pauseAtItems) {
      this.#paused = true
      this.#producer.pause()
    }
  }

  end(): void {
    if (this.#outcome !== null) return
    this.#outcome = 'ended'
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = null
  }

  /** The consumer sees the error after the items that came before it. */
  fail(error: unknown): void {
    if (this.#outcome !== null) return
    this.#outcome = { error }
    if (this.#waiting === null) return
    this.#waiting.reject(error)
    this.#waiting = null
    this.#outcome = 'ended'
  }

  ready(): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#head++
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    }
    if (this.#paused && this.#length <= resumeAtItems) {
      this.#paused = false
      this.#producer.resume()
    }
    return item
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.ready()
    if (item !== undefined) return Promise.resolve({ done: false, value: item })
    if (this.#outcome === 'ended') return Promise.resolve({ done: true, value: undefined })
    if (this.#outcome !== null) {
      const { error } = this.#outcome
      this.#outcome = 'ended'
      return Promise.reject(error)
    }
    this.#waiting = Promise.withResolvers()
    return this.#waiting.promise
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#items = []
    this.#head = 0
    this.end()
    this.#producer.stop()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get #length(): number {
    return this.#items.length - this.#head
  }
}

export interface Producer {
  pause(): void
  resume(): void
  /** The consumer wants no more. May be called after the end. */
  stop(): void
}

const pauseAtItems = 64
const resumeAtItems = 16
