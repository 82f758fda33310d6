import { shutdown } from './shutdown.ts'
import type { DeployedTopology } from './topology.ts'

/** What every process of every deployment is told. */
export const everywhere: Readonly<Record<string, string>> = {
  HOST: '0.0.0.0',
  LOG_FORMAT: 'json',
  DRAIN_TIMEOUT_MS: String(shutdown.drainTimeoutMs),
}

/** What a topology adds to it. */
export function settingsOf({ events }: DeployedTopology, brokers: string): Readonly<Record<string, string>> {
  return events === 'kafka' ? { EVENTS: 'kafka', KAFKA_BROKERS: brokers } : {}
}
