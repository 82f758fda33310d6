import { Counter, Gauge, type Registry } from 'prom-client'

/** Events of a topic that wait for a subscribing service, in the partitions that this process owns. */
export interface LagRow {
  readonly consumer: string
  readonly topic: string
  readonly events: number
}

/** What an operator must see of events that come through Kafka. */
export interface KafkaMetrics {
  /** `read` is asked whenever the metrics are read. */
  watchLag(read: () => readonly LagRow[]): void
  /** Shows the counters of a consumer from now on, so that its first dead letter is seen as a rise. */
  watch(consumer: string): void
  /** An event was put aside. */
  dead(consumer: string): void
  /** Kafka refused the offsets of a member that no longer owned its partitions. */
  refused(consumer: string): void
}

export function createKafkaMetrics(registry: Registry): KafkaMetrics {
  const registers = [registry]
  const dead = new Counter({
    name: 'parley_events_dead_total',
    help: 'Events that a service could not take and that were put into its dead letter topic.',
    labelNames: ['service'],
    registers,
  })
  const refused = new Counter({
    name: 'parley_events_commits_refused_total',
    help: 'Commits of offsets that came from a former member of a group and were refused.',
    labelNames: ['service'],
    registers,
  })
  return {
    watchLag(read) {
      new Gauge({
        name: 'parley_events_lag',
        help: 'Events that wait for a service in the partitions that this process owns.',
        labelNames: ['service', 'topic'],
        registers,
        collect() {
          this.reset()
          for (const { consumer, topic, events } of read()) this.set({ service: consumer, topic }, events)
        },
      })
    },
    watch(consumer) {
      dead.inc({ service: consumer }, 0)
      refused.inc({ service: consumer }, 0)
    },
    dead: (consumer) => dead.inc({ service: consumer }),
    refused: (consumer) => refused.inc({ service: consumer }),
  }
}
