/**
 * The order of a cycle, for a prime number of things. Over `count * (count - 1)` cycles each thing follows every other
 * equally often, so that what one leaves to be done after its answer burdens all others alike.
 */
export function orderOfCycle(cycle: number, count: number): number[] {
  const step = 1 + (cycle % (count - 1))
  const first = Math.floor(cycle / (count - 1)) % count
  return Array.from({ length: count }, (_, index) => (first + index * step) % count)
}
