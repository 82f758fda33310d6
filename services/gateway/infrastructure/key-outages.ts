import { Counter, type Registry } from 'prom-client'

/** Counts keys that were let in while their database did not answer. */
export function countKeyOutages(metrics: Registry): () => void {
  const counter = new Counter({
    name: 'parley_gateway_keys_without_store_total',
    help: 'Times that a key known from before was admitted because the database of keys did not answer.',
    registers: [metrics],
  })
  return () => counter.inc()
}
