import type { Envelope } from './envelope.ts'
import type { DeliveryResult, EventTransport } from './transport.ts'

export interface DeliveryQueueOptions {
  readonly subscriber: string
  readonly transport: EventTransport
  /** Events of one delivery. */
  readonly batchMax: number
  /** Deliveries under way at a time. */
  readonly deliveriesMax: number
  /** Told when deliveries begin to fail as a whole, and when they succeed again. */
  readonly reachable: (isReachable: boolean, error: unknown) => void
}

interface Waiting {
  readonly envelope: Envelope
  readonly settle: (result: DeliveryResult) => void
}

/** The events on their way to one subscriber: those that arrive together go as one delivery. */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions
  #waiting: Waiting[] = []
  #deliveries = 0
  #isScheduled = false
  #isReachable = true

  constructor(options: DeliveryQueueOptions) {
    this.#options = options
  }

  /** `settle` is called once; a delivery of which nothing is known settles as `retry`. */
  send(envelope: Envelope, settle: (result: DeliveryResult) => void): void {
    this.#waiting.push({ envelope, settle })
    if (this.#isScheduled) return
    this.#isScheduled = true
    // A microtask later everything that one commit made visible has been sent.
    queueMicrotask(() => this.#pump())
  }

  #pump(): void {
    this.#isScheduled = false
    const { batchMax, deliveriesMax } = this.#options
    while (this.#waiting.length > 0 && this.#deliveries < deliveriesMax) {
      const batch = this.#waiting.length <= batchMax ? this.#waiting : this.#waiting.slice(0, batchMax)
      this.#waiting = this.#waiting.length <= batchMax ? [] : this.#waiting.slice(batchMax)
      this.#deliveries++
      void this.#deliver(batch).then((results) => {
        this.#deliveries--
        let index = 0
        for (const { settle } of batch) settle(results[index++] ?? unknownResult)
        this.#pump()
      })
    }
  }

  async #deliver(batch: readonly Waiting[]): Promise<DeliveryResult[]> {
    const { subscriber, transport } = this.#options
    try {
      const envelopes = batch.map(({ envelope }) => envelope)
      const results = await transport.deliver(subscriber, envelopes)
      this.#setReachable(true, null)
      return results
    } catch (error) {
      this.#setReachable(false, error)
      return batch.map(() => ({ status: 'retry', reason: `${subscriber} could not be reached` }))
    }
  }

  #setReachable(isReachable: boolean, error: unknown): void {
    if (this.#isReachable === isReachable) return
    this.#isReachable = isReachable
    this.#options.reachable(isReachable, error)
  }
}

const unknownResult: DeliveryResult = { status: 'retry', reason: 'the delivery did not say what became of it' }
