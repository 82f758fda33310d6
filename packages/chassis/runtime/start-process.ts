import type { DestinationStream } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { ParleyConfigFile } from '../config/config-file.ts'
import { type Env, EnvReader } from '../config/env-reader.ts'
import type { Contract } from '../contract/define-contract.ts'
import type { FaultInjector } from '../contract/faults.ts'
import { createInternalAuth } from '../contract/internal-auth.ts'
import { watchOutboxes } from '../events/event-metrics.ts'
import type { Placement } from '../placement/resolve-placement.ts'
import { watchStores } from '../store/store-metrics.ts'
import { createLogger } from '../telemetry/logger.ts'
import { ClientDirectory } from './client-directory.ts'
import type { AnyService, Siblings, Topology } from './define-service.ts'
import { hostService } from './host-service.ts'
import { openEvents } from './open-events.ts'
import { loadProcessConfig } from './process-config.ts'
import { realClock } from './real-clock.ts'
import { HostedProcess, type RunningProcess } from './running-process.ts'

export interface ProcessOptions {
  /** Services that this program contains; `SERVICES` decides which of them run. */
  services: readonly AnyService[]
  /** Every contract of the system. */
  contracts: readonly Contract[]
  env: Env
  configFile?: ParleyConfigFile
  isTerminal?: boolean
  overrides?: ProcessOverrides
}

/** What tests replace of the real wiring. */
export interface ProcessOverrides {
  /** Makes local calls behave like remote ones: copied, frozen, checked. */
  strictLocal?: boolean
  faults?: FaultInjector
  logStream?: DestinationStream
}

/** Reads the configuration, opens stores, wires the services that run here and listens. Throws ConfigError. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const env = new EnvReader(options.env, options.configFile)
  const { services, contracts, isTerminal = false, overrides = {} } = options
  const config = loadProcessConfig({ env, services, contracts, isTerminal })
  const isHere = new Set(config.placements.filter((p) => p.placement === 'local').map((p) => p.service))
  const here = services.filter((service) => isHere.has(service.contract.name))
  const serviceConfigs = new Map(here.map((service) => [service, service.loadConfig(env) as unknown]))
  env.throwIfProblems()

  const { logStream } = overrides
  const log = createLogger({ ...config.log, ...(logStream !== undefined && { stream: logStream }) })
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const strict = overrides.strictLocal ?? false
  const directory = new ClientDirectory({
    placements: config.placements,
    contracts,
    auth: config.secret === null ? null : createInternalAuth(config.secret),
    strict,
    faults: overrides.faults ?? null,
    log,
  })
  const hostedContracts = here.map(({ contract }) => contract)
  const events = await openEvents({
    kafka: config.kafka,
    contracts,
    hosted: hostedContracts,
    directory,
    metrics,
    log,
  })
  const process = new HostedProcess(config, directory, events, log, metrics)
  try {
    for (const service of here) {
      const { name } = service.contract
      const hosted = await hostService({
        service,
        config: serviceConfigs.get(service),
        contracts,
        storeUrl: config.storeUrls[name] ?? null,
        durability: config.durability,
        connectionsMax: config.connectionsMax,
        clientOf: (contract, caller) => directory.clientOf(contract, caller),
        siblings: siblingsOf(config.advertisedUrl, directory),
        transport: events.transportFor(name),
        subscribersOf: events.subscribersOf,
        strict,
        log,
        metrics,
        topology: toTopology(config.placements),
      })
      process.host(hosted)
    }
    const relays = process.hosted.flatMap(({ contract, relay }) =>
      relay === null ? [] : [{ service: contract.name, relay }],
    )
    watchOutboxes(metrics, relays, realClock.now)
    const stores = process.hosted.flatMap(({ contract, store }) =>
      store === null ? [] : [{ service: contract.name, store }],
    )
    watchStores(metrics, stores)
    await process.start()
  } catch (error) {
    await process[Symbol.asyncDispose]()
    throw error
  }
  return process
}

function siblingsOf(advertisedUrl: URL | null, directory: ClientDirectory): Siblings | null {
  if (advertisedUrl === null) return null
  return { url: advertisedUrl.origin, at: (contract, url) => directory.clientAt(contract, url) }
}

function toTopology(placements: readonly Placement[]): Topology {
  const services = placements.map((row) => ({
    service: row.service,
    placement: row.placement,
    url: row.placement === 'remote' ? row.url.origin : null,
  }))
  return { services }
}
