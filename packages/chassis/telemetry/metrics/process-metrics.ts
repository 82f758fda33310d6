import packageFile from '@parley/chassis/package.json' with { type: 'json' }
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { createEventMetrics, type EventMetrics } from '../../events/event-metrics.ts'
import { type CommitMetrics, createCommitMetrics } from '../../store/store-metrics.ts'
import { CallMetrics } from './call-metrics.ts'

/** All that a process counts, and what its parts count with. */
export interface ProcessMetrics {
  readonly registry: Registry
  readonly calls: CallMetrics
  readonly events: EventMetrics
  readonly commits: CommitMetrics
}

export interface ProcessMetricsOptions {
  /** Names of the services of this process. */
  readonly services: readonly string[]
  /** Epoch milliseconds. */
  readonly now: () => number
}

export function createProcessMetrics({ services, now }: ProcessMetricsOptions): ProcessMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'parley_build_info',
    help: 'Always 1; the labels tell the version of Parley and of Node.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: packageFile.version, node: process.versions.node }, 1)
  const hosted = new Gauge({
    name: 'parley_service_info',
    help: 'Always 1, for each service that this process runs.',
    labelNames: ['service'],
    registers,
  })
  for (const service of services) hosted.set({ service }, 1)
  return {
    registry,
    calls: new CallMetrics(registry),
    events: createEventMetrics(registry, now),
    commits: createCommitMetrics(registry),
  }
}

/** Tells by a metric what `/readyz` tells by its status, for alerts that must not depend on who asks for it. */
export function watchReadiness(registry: Registry, notReady: () => readonly string[]): void {
  new Gauge({
    name: 'parley_ready',
    help: '1 while the process is ready to work, 0 while /readyz says why it is not.',
    registers: [registry],
    collect() {
      this.set(notReady().length === 0 ? 1 : 0)
    },
  })
}
