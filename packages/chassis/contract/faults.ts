/** What can be made to happen to a local call, so that code is tested for remoteness while it is still one process. */
export type Fault = 'timeout' | 'unavailable' | 'unknown-outcome'

export interface FaultOrder {
  service: string
  call: string
  fault: Fault
  /** How many calls it strikes; unlimited when absent. */
  times?: number
  /** How many calls pass unharmed before. */
  after?: number
}

/** Decides which calls fail. The local path asks it before each call; production holds none. */
export class FaultInjector {
  readonly #orders: Required<FaultOrder>[] = []

  inject(order: FaultOrder): void {
    this.#orders.push({ times: Number.POSITIVE_INFINITY, after: 0, ...order })
  }

  clear(): void {
    this.#orders.length = 0
  }

  take(service: string, call: string): Fault | null {
    const order = this.#orders.find((o) => o.service === service && o.call === call && o.times > 0)
    if (order === undefined) return null
    if (order.after > 0) {
      order.after--
      return null
    }
    order.times--
    return order.fault
  }
}
