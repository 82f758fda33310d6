import { networkInterfaces } from 'node:os'
import type { DestinationStream, Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ParleyConfigFile } from '../config/config-file.ts'
import { type ConfigSource, fixedConfig } from '../config/config-source.ts'
import type { Env } from '../config/env-reader.ts'
import type { Contract } from '../contract/define-contract.ts'
import type { FaultInjector } from '../contract/faults.ts'
import { createInternalAuth } from '../contract/internal-auth.ts'
import { advertisedOrigin } from '../discovery/advertised-origin.ts'
import { watchDiscovery } from '../discovery/discovery-metrics.ts'
import { shownAddress } from '../discovery/service-address.ts'
import { watchOutboxes } from '../events/event-metrics.ts'
import type { Placement } from '../placement/resolve-placement.ts'
import { isPostgresUrl } from '../store/open-store.ts'
import { watchStores } from '../store/store-metrics.ts'
import { processName } from '../telemetry/log-calls.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createProcessMetrics, watchReadiness } from '../telemetry/metrics/process-metrics.ts'
import { openTracing } from '../telemetry/tracing/open-tracing.ts'
import { applyConfig, LiveSecrets } from './apply-config.ts'
import { ClientDirectory } from './client-directory.ts'
import { readSnapshot } from './config-snapshot.ts'
import type { AnyService, Siblings, Topology } from './define-service.ts'
import { hostService } from './host-service.ts'
import { LiveConfig } from './live-config.ts'
import { openEvents } from './open-events.ts'
import type { ProcessConfig } from './process-config.ts'
import { realClock } from './real-clock.ts'
import { HostedProcess, type RunningProcess } from './running-process.ts'
import { unknownSettings, unknownSettingText } from './unknown-settings.ts'

export interface ProcessOptions {
  /** Services that this program contains; `SERVICES` decides which of them run. */
  services: readonly AnyService[]
  /** Every contract of the system. */
  contracts: readonly Contract[]
  env: Env
  /** A configuration that does not change; `configSource` for one that may. */
  configFile?: ParleyConfigFile
  configSource?: ConfigSource
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
  const { env, contracts, isTerminal = false, overrides = {} } = options
  const source = options.configSource ?? fixedConfig(options.configFile)
  const read = async () => readSnapshot({ ...options, env, isTerminal, loaded: await source.load() })
  const snapshot = await read()
  const { process: config, here } = snapshot
  const hostedNames = here.map(({ contract }) => contract.name as string)

  const log = openLog(config, overrides)
  const ownLog = log.child({ 'service.name': processName(hostedNames) })
  for (const each of unknownSettings({ ...options, reader: snapshot.reader })) ownLog.warn(unknownSettingText(each))
  const metrics = createProcessMetrics({ services: hostedNames, now: realClock.now })
  const tracing = await openTracing(config.tracing, ownLog)
  const strict = overrides.strictLocal ?? false
  const auth = config.secrets.length === 0 ? null : createInternalAuth(...config.secrets)
  const secrets = new LiveSecrets(config)
  const directory = new ClientDirectory({
    placements: config.placements,
    contracts,
    discovery: config.discovery,
    auth,
    strict,
    faults: overrides.faults ?? null,
    log: ownLog,
    rootLog: log,
    metrics: metrics.calls,
    tracing,
  })
  const events = await openEvents({
    kafka: secrets.kafka,
    contracts,
    hosted: here.map(({ contract }) => contract),
    directory,
    metrics: metrics.registry,
    log: ownLog,
  })
  const process = new HostedProcess(config, directory, events, log, metrics, tracing)
  try {
    for (const service of here) {
      const { name } = service.contract
      const hosted = await hostService({
        service,
        config: snapshot.services.get(service),
        contracts,
        storeUrl: () => secrets.storeUrl(name),
        durability: config.durability,
        connectionsMax: config.connectionsMax,
        outboxKeysMax: config.outboxKeysMax,
        clientOf: (contract, caller) => directory.clientOf(contract, caller),
        siblings: siblingsOf(service, config, directory),
        transport: events.transportFor(name),
        subscribersOf: events.subscribersOf,
        strict,
        log,
        metrics,
        tracer: tracing?.tracerOf(name) ?? null,
        topology: toTopology(config.placements, directory),
      })
      process.host(hosted)
    }
    watchParts(metrics.registry, process, directory)
    process.live = new LiveConfig({
      source,
      read,
      apply: (next) => applyConfig(next, { log, auth, secrets, hosted: process.hosted }),
      first: snapshot,
      pollMs: config.configPollMs,
      log: ownLog,
      metrics: metrics.registry,
    })
    await process.start()
  } catch (error) {
    await process[Symbol.asyncDispose]()
    throw error
  }
  return process
}

function openLog(config: ProcessConfig, { logStream }: ProcessOverrides): Logger {
  return createLogger({ ...config.log, ...(logStream !== undefined && { stream: logStream }) })
}

/** What the parts of a process say of themselves whenever the metrics are read. */
function watchParts(metrics: Registry, process: HostedProcess, directory: ClientDirectory): void {
  const relays = process.hosted.flatMap(({ contract, relay }) =>
    relay === null ? [] : [{ service: contract.name, relay }],
  )
  watchOutboxes(metrics, relays, realClock.now)
  const stores = process.hosted.flatMap(({ contract, store }) =>
    store === null ? [] : [{ service: contract.name, store }],
  )
  watchStores(metrics, stores)
  watchDiscovery(metrics, directory.instanceSets)
  watchReadiness(metrics, () => process.notReady())
}

/** Several processes can only share a server; one whose data is in a file is alone unless it is told otherwise. */
function siblingsOf(service: AnyService, config: ProcessConfig, directory: ClientDirectory): Siblings | null {
  if (service.reaches?.includes('siblings') !== true) return null
  const storeUrl = config.storeUrls[service.contract.name] ?? null
  if (config.advertisedUrl === null && (storeUrl === null || !isPostgresUrl(storeUrl))) return null
  const url = advertisedOrigin({ ...config, interfaces: networkInterfaces() })
  return url === null ? null : { url, at: (contract, url) => directory.clientAt(contract, url) }
}

/** The instances are those of the moment at which it is asked. */
function toTopology(placements: readonly Placement[], directory: ClientDirectory): Topology {
  return {
    get services() {
      const sets = new Map(directory.instanceSets.map((set) => [set.service, set.shown]))
      return placements.map((row) => ({
        service: row.service,
        placement: row.placement,
        url: row.placement === 'remote' ? shownAddress(row.address) : null,
        ...(row.placement === 'remote' && { instances: sets.get(row.service) ?? [] }),
      }))
    },
  }
}
