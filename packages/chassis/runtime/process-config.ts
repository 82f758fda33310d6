import type { EnvReader } from '../config/env-reader.ts'
import type { Contract } from '../contract/define-contract.ts'
import { internalSecretCharsMin } from '../contract/internal-auth.ts'
import { isEverywhere } from '../discovery/advertised-origin.ts'
import type { DiscoveryOptions } from '../discovery/discover-instances.ts'
import { discoverySettings } from '../discovery/discovery-settings.ts'
import { type KafkaSettings, readKafkaSettings } from '../events/kafka/kafka-settings.ts'
import { defaultInternalPort, severalServicesPort } from '../placement/default-ports.ts'
import { type Placement, resolvePlacement } from '../placement/resolve-placement.ts'
import type { Durability } from '../store/store.ts'
import type { LogLevel } from '../telemetry/logger.ts'
import { readTracingSettings, type TracingSettings } from '../telemetry/tracing/tracing-settings.ts'
import type { AnyService } from './define-service.ts'
import { configFileSettings, processSettings, serviceDatabaseUrlSetting, storeSettings } from './process-settings.ts'

/** What a process needs to know besides the settings of the services it hosts. */
export interface ProcessConfig {
  placements: readonly Placement[]
  host: string
  /** Null when the gateway does not run here. */
  publicPort: number | null
  /** Null when every service runs in this process: nothing has to reach them from outside. */
  internalPort: number | null
  /** Shared with the other processes: the first signs, all are accepted. Empty when none is set. */
  secrets: readonly string[]
  /** Where other processes reach this very one, when it is one of several behind one address; null when nobody says. */
  advertisedUrl: URL | null
  /** The address of this machine or pod, as whoever starts it says; null when nobody does. */
  ownAddress: string | null
  /** How services in other processes are looked for. */
  discovery: DiscoveryOptions
  /** Database URL per hosted service. */
  storeUrls: Readonly<Record<string, string>>
  durability: Durability
  /** Connections to PostgreSQL that each service may have open. */
  connectionsMax: number
  /** Keys whose events wait, per service, beyond which publishing is refused. */
  outboxKeysMax: number
  /** Null when events go straight to their subscribers. */
  kafka: KafkaSettings | null
  drainTimeoutMs: number
  /** How often the configuration's files are looked at; 0 for never. */
  configPollMs: number
  /** Null when nothing is traced. */
  tracing: TracingSettings | null
  log: { level: LogLevel; format: 'pretty' | 'json' }
}

const defaultPublicPort = 8_000

export interface ProcessConfigInput {
  env: EnvReader
  services: readonly AnyService[]
  contracts: readonly Contract[]
  isTerminal: boolean
}

/** Reads the process's own settings; problems stay with the reader. */
export function loadProcessConfig({ env, services, contracts, isTerminal }: ProcessConfigInput): ProcessConfig {
  const needs = Object.fromEntries(services.map((s) => [s.contract.name, Object.values(s.needs) as Contract[]]))
  const kafka = readKafkaSettings(env)
  const placements = resolvePlacement(env, { contracts, needs, optional: ['database'], sendsEvents: kafka === null })
  const hosted = placements.filter(({ placement }) => placement === 'local').map(({ service }) => service)
  refuseUncontained(env, hosted, services)
  const isWhole = placements.every(({ placement, service }) => placement === 'local' || service === 'database')
  const hostsGateway = hosted.includes('gateway')
  return {
    placements,
    host: env.read(processSettings.host),
    publicPort: hostsGateway ? (env.read(processSettings.port) ?? defaultPublicPort) : null,
    internalPort: isWhole ? null : internalPort(env, hosted, contracts),
    secrets: readSecrets(env, isWhole),
    advertisedUrl: readAdvertisedUrl(env),
    ownAddress: env.read(processSettings.ownAddress),
    discovery: env.readAll(discoverySettings),
    storeUrls: readStoreUrls(
      env,
      services.filter(({ contract }) => hosted.includes(contract.name)),
    ),
    kafka,
    durability: env.read(storeSettings.durability),
    connectionsMax: env.read(storeSettings.connectionsMax),
    outboxKeysMax: env.read(storeSettings.outboxKeysMax),
    drainTimeoutMs: env.read(processSettings.drainTimeoutMs),
    configPollMs: env.read(configFileSettings.pollMs),
    tracing: readTracingSettings(env),
    log: {
      level: env.read(processSettings.logLevel),
      format: env.read(processSettings.logFormat) ?? (isTerminal ? 'pretty' : 'json'),
    },
  }
}

/** For callers that only want to know who runs where. Throws ConfigError. */
export function loadTopology(
  input: Omit<ProcessConfigInput, 'isTerminal'>,
): Pick<ProcessConfig, 'placements' | 'kafka' | 'discovery'> {
  const config = loadProcessConfig({ ...input, isTerminal: false })
  input.env.throwIfProblems()
  return config
}

/** The program of one service cannot run the others, whatever SERVICES says. */
function refuseUncontained(env: EnvReader, hosted: readonly string[], services: readonly AnyService[]): void {
  const contained = services.map(({ contract }) => contract.name as string)
  const missing = hosted.filter((name) => !contained.includes(name))
  if (missing.length > 0) {
    env.problem(`SERVICES names ${missing.join(', ')}, but this program only contains ${contained.join(', ')}`)
  }
}

function readAdvertisedUrl(env: EnvReader): URL | null {
  const url = env.read(processSettings.advertisedUrl)
  if (url !== null && isEverywhere(url.hostname)) {
    env.problem(
      'ADVERTISED_URL must be an address at which other processes reach this one, not the one that means all interfaces: set it to http://<address of this machine>:<INTERNAL_PORT>, or leave it out and set POD_IP',
    )
  }
  return url
}

function internalPort(env: EnvReader, hosted: readonly string[], contracts: readonly Contract[]): number {
  const [only] = hosted
  const own = env.read(processSettings.internalPort)
  if (hosted.length !== 1 || only === undefined) return own ?? severalServicesPort
  const port = only === 'gateway' ? null : env.read(processSettings.port)
  return own ?? port ?? defaultInternalPort(contracts, only)
}

function readSecrets(env: EnvReader, isWhole: boolean): readonly string[] {
  const secrets = env.read(processSettings.secrets)
  if (!isWhole && env.found.get(processSettings.secrets.name)?.source.from === 'default') {
    env.problem(
      `PARLEY_INTERNAL_SECRET is missing: services in other processes are only talked to with a secret that all share (at least ${internalSecretCharsMin} characters)`,
    )
  }
  return secrets
}

/** The database URL of every service that keeps one, by its name; problems stay with the reader. */
export function readStoreUrls(env: EnvReader, services: readonly AnyService[]): Record<string, string> {
  const shared = env.read(storeSettings.databaseUrl) ?? `sqlite:${env.read(storeSettings.dataFolder)}`
  const urls = services
    .filter(({ migrations }) => migrations !== null)
    .map(({ contract }): [string, string] => [
      contract.name,
      env.read(serviceDatabaseUrlSetting(contract.name)) ?? shared,
    ])
  return Object.fromEntries(urls)
}
