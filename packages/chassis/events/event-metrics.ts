import { Gauge, type Registry } from 'prom-client'
import { BoundCounter } from '../telemetry/metrics/bound-counter.ts'
import { BoundHistogram } from '../telemetry/metrics/bound-histogram.ts'
import { reading, shared } from '../telemetry/metrics/reading.ts'
import type { Envelope } from './envelope.ts'
import type { Relay } from './relay.ts'
import type { DeliveryResult } from './transport.ts'

/** Counts the events of all services of a process. */
export interface EventMetrics {
  of(service: string): ServiceEventMetrics
}

/** Counts the events of one service on their way. */
export interface ServiceEventMetrics {
  /** An event of the service was committed. */
  published(envelope: Envelope): void
  /** What became of an event that was brought to the service. */
  handled(envelope: Envelope, result: DeliveryResult): void
}

const delayBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600]

export function createEventMetrics(registry: Registry, now: () => number): EventMetrics {
  const registers = [registry]
  const published = new BoundCounter({
    name: 'parley_events_published_total',
    help: 'Events that a service has committed to its outbox.',
    labelNames: ['service', 'type'],
    registers,
  })
  const handled = new BoundCounter({
    name: 'parley_events_handled_total',
    help: 'Deliveries of events to a service, by what became of them; only `done` ones had their effect.',
    labelNames: ['service', 'type', 'result'],
    registers,
  })
  const delays = new BoundHistogram({
    name: 'parley_events_delay_seconds',
    help: 'From the publishing of an event to the end of its handling.',
    labelNames: ['service', 'type'],
    buckets: delayBuckets,
    registers,
  })
  return {
    of(service) {
      const publishedOf = perType((type) => published.bind({ service, type }))
      const handledOf = perType((type) => ({
        type,
        done: handled.bind({ service, type, result: 'done' }),
        delays: delays.bind({ service, type }),
      }))
      return {
        published: ({ type }) => publishedOf(type).add(1),
        handled({ type, time }, { status }) {
          const series = handledOf(type)
          if (status !== 'done') return handled.bind({ service, type: series.type, result: status }).add(1)
          series.done.add(1)
          series.delays.observe(Math.max(0, now() - Date.parse(time)) / 1_000)
        },
      }
    },
  }
}

/** Types come from contracts, so their number is bounded: what another sender makes up is one more. */
function perType<T>(make: (type: string) => T): (type: string) => T {
  const made = new Map<string, T>()
  return (type) => {
    const known = made.get(type)
    if (known !== undefined) return known
    const name = made.size < typesMax ? type : 'other'
    const series = made.get(name) ?? make(name)
    made.set(name, series)
    return series
  }
}

const typesMax = 100

export interface WatchedRelay {
  readonly service: string
  readonly relay: Relay
}

/** What waits in the outboxes of a process, read from the database whenever the metrics are. */
export function watchOutboxes(metrics: Registry, relays: readonly WatchedRelay[], now: () => number): void {
  if (relays.length === 0) return
  const registers = [metrics]
  const read = shared(async () => {
    const backlogs = relays.map(async ({ service, relay }) => {
      const backlog = await reading(relay.backlog())
      return backlog === null ? [] : [{ service, ...backlog }]
    })
    return (await Promise.all(backlogs)).flat()
  })
  new Gauge({
    name: 'parley_outbox_events',
    help: 'Committed events that some subscriber has not taken yet.',
    labelNames: ['service', 'state'],
    registers,
    async collect() {
      const backlogs = await read()
      this.reset()
      for (const { service, events, parked } of backlogs) {
        this.set({ service, state: 'waiting' }, events - parked)
        this.set({ service, state: 'parked' }, parked)
      }
    },
  })
  new Gauge({
    name: 'parley_outbox_oldest_seconds',
    help: 'Age of the oldest event that waits and is not parked.',
    labelNames: ['service'],
    registers,
    async collect() {
      const backlogs = await read()
      this.reset()
      for (const { service, oldestAt } of backlogs) {
        this.set({ service }, oldestAt === null ? 0 : (now() - oldestAt) / 1_000)
      }
    },
  })
  new Gauge({
    name: 'parley_outbox_keys',
    help: 'Keys that this process looks after because events of theirs wait.',
    labelNames: ['service'],
    registers,
    collect() {
      for (const { service, relay } of relays) this.set({ service }, relay.keys)
    },
  })
  const keysMax = new Gauge({
    name: 'parley_outbox_keys_max',
    help: 'So many keys with waiting events are too many: new ones are refused then.',
    labelNames: ['service'],
    registers,
  })
  for (const { service, relay } of relays) keysMax.set({ service }, relay.keysMax)
}
