import { Gauge, type Registry } from 'prom-client'
import type { Relay } from './relay.ts'

export interface WatchedRelay {
  readonly service: string
  readonly relay: Relay
}

/** What waits in the outboxes of a process, read from the database whenever the metrics are. */
export function watchOutboxes(metrics: Registry, relays: readonly WatchedRelay[], now: () => number): void {
  if (relays.length === 0) return
  const waiting = new Gauge({
    name: 'parley_outbox_events',
    help: 'Committed events that some subscriber has not taken yet.',
    labelNames: ['service', 'state'],
    registers: [metrics],
  })
  new Gauge({
    name: 'parley_outbox_oldest_seconds',
    help: 'Age of the oldest event that waits and is not parked.',
    labelNames: ['service'],
    registers: [metrics],
    async collect() {
      for (const { service, relay } of relays) {
        const { events, parked, oldestAt } = await relay.backlog()
        waiting.set({ service, state: 'waiting' }, events - parked)
        waiting.set({ service, state: 'parked' }, parked)
        this.set({ service }, oldestAt === null ? 0 : (now() - oldestAt) / 1_000)
      }
    },
  })
}
