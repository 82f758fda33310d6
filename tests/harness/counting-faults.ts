import { type Fault, FaultInjector } from '@parley/chassis/contract/faults.ts'

/** Injects faults, and knows how many it has injected: a fault that struck nothing proves nothing. */
export class CountingFaults extends FaultInjector {
  struck = 0

  override take(service: string, call: string): Fault | null {
    const fault = super.take(service, call)
    if (fault !== null) this.struck += 1
    return fault
  }
}
