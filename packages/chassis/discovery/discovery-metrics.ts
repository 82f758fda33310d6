import { Counter, Gauge, type Registry } from 'prom-client'
import type { InstanceSet } from './instance-set.ts'

const states = ['usable', 'ejected', 'unfit', 'unknown'] as const

/** What a process knows of the instances that it calls, taken from them whenever the metrics are read. */
export function watchDiscovery(metrics: Registry, sets: readonly InstanceSet[]): void {
  if (sets.length === 0) return
  const registers = [metrics]
  new Gauge({
    name: 'parley_discovery_instances',
    help: 'Instances of a service in other processes: usable, put aside for failing, with another contract, or not yet heard of.',
    labelNames: ['service', 'state'],
    registers,
    collect() {
      for (const { service, shown } of sets) {
        for (const state of states) {
          this.set({ service, state }, shown.filter((instance) => instance.state === state).length)
        }
      }
    },
  })
  countFrom('parley_discovery_ejections_total', 'How often an instance was put aside.', (set) => set.ejections)
  countFrom('parley_discovery_failures_total', 'How often the instances could not be found out.', (set) => set.failures)

  function countFrom(name: string, help: string, of: (set: InstanceSet) => number): void {
    new Counter({
      name,
      help,
      labelNames: ['service'],
      registers,
      collect() {
        this.reset()
        for (const set of sets) this.inc({ service: set.service }, of(set))
      },
    })
  }
}
