import type { EnvReader } from '../config/env-reader.ts'
import type { Contract } from '../contract/define-contract.ts'
import { internalSecretCharsMin } from '../contract/internal-auth.ts'
import { type KafkaSettings, readKafkaSettings } from '../events/kafka/kafka-settings.ts'
import { type Placement, resolvePlacement } from '../placement/resolve-placement.ts'
import { defaultConnectionsMax, isPostgresUrl } from '../store/open-store.ts'
import type { Durability } from '../store/store.ts'
import type { LogLevel } from '../telemetry/logger.ts'
import type { AnyService } from './define-service.ts'

/** What a process needs to know besides the settings of the services it hosts. */
export interface ProcessConfig {
  placements: readonly Placement[]
  host: string
  /** Null when the gateway does not run here. */
  publicPort: number | null
  /** Null when every service runs in this process: nothing has to reach them from outside. */
  internalPort: number | null
  secret: string | null
  /** Where other processes reach this very one, when it is one of several behind one address; null when it is alone. */
  advertisedUrl: URL | null
  /** Database URL per hosted service. */
  storeUrls: Readonly<Record<string, string>>
  durability: Durability
  /** Connections to PostgreSQL that each service may have open. */
  connectionsMax: number
  /** Null when events go straight to their subscribers. */
  kafka: KafkaSettings | null
  drainTimeoutMs: number
  log: { level: LogLevel; format: 'pretty' | 'json' }
}

const defaultInternalPorts: Readonly<Record<string, number>> = {
  gateway: 8001,
  session: 8002,
  request: 8003,
  response: 8004,
  gpt: 8005,
  database: 8006,
}
const severalServicesPort = 8010
const port = { min: 0, max: 65_535 }

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
    host: env.text('HOST') ?? '127.0.0.1',
    publicPort: hostsGateway ? env.integer('PORT', { ...port, fallback: 8000 }) : null,
    internalPort: isWhole ? null : internalPort(env, hosted),
    secret: readSecret(env, isWhole),
    advertisedUrl: env.url('ADVERTISED_URL', { protocols: ['http:', 'https:'] }),
    storeUrls: readStoreUrls(
      env,
      services.filter(({ contract }) => hosted.includes(contract.name)),
    ),
    kafka,
    durability: env.choice('PARLEY_DURABILITY', { of: ['process', 'power'], fallback: 'process' }),
    connectionsMax: env.integer('DATABASE_POOL_MAX', { fallback: defaultConnectionsMax, min: 1, max: 1_000 }),
    drainTimeoutMs: env.integer('DRAIN_TIMEOUT_MS', { fallback: 25_000, min: 0, max: 600_000 }),
    log: {
      level: env.choice('LOG_LEVEL', {
        of: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        fallback: 'info',
      }),
      format: env.choice('LOG_FORMAT', { of: ['pretty', 'json'], fallback: isTerminal ? 'pretty' : 'json' }),
    },
  }
}

/** For callers that only want to know who runs where. Throws ConfigError. */
export function loadTopology(
  input: Omit<ProcessConfigInput, 'isTerminal'>,
): Pick<ProcessConfig, 'placements' | 'kafka'> {
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

function internalPort(env: EnvReader, hosted: readonly string[]): number {
  const [only] = hosted
  if (hosted.length === 1 && only !== undefined && only !== 'gateway') {
    const fallback = env.integer('PORT', { ...port, fallback: defaultInternalPorts[only] ?? severalServicesPort })
    return env.integer('INTERNAL_PORT', { ...port, fallback })
  }
  const fallback = hosted.length === 1 ? defaultInternalPorts.gateway : severalServicesPort
  return env.integer('INTERNAL_PORT', { ...port, fallback: fallback ?? severalServicesPort })
}

function readSecret(env: EnvReader, isWhole: boolean): string | null {
  const secret = env.text('PARLEY_INTERNAL_SECRET')
  if (secret === null && !isWhole) {
    env.problem(
      `PARLEY_INTERNAL_SECRET is missing: services in other processes are only talked to with a secret that all share (at least ${internalSecretCharsMin} characters)`,
    )
  }
  if (secret !== null && secret.length < internalSecretCharsMin) {
    env.problem(`PARLEY_INTERNAL_SECRET must have at least ${internalSecretCharsMin} characters`)
  }
  return secret
}

/** The database URL of every service that keeps one, by its name; problems stay with the reader. */
export function readStoreUrls(env: EnvReader, services: readonly AnyService[]): Record<string, string> {
  const shared = env.text('DATABASE_URL') ?? `sqlite:${env.text('PARLEY_DATA') ?? './data'}`
  const urls = services
    .filter(({ migrations }) => migrations !== null)
    .map(({ contract }): [string, string] => {
      const own = `${contract.name.toUpperCase()}_DATABASE_URL`
      const url = env.text(own) ?? shared
      if (!url.startsWith('sqlite:') && !isPostgresUrl(url)) {
        const variable = env.text(own) === null ? 'DATABASE_URL' : own
        env.problem(`${variable} must be sqlite:<folder> (sqlite:./data) or postgres://<user>@<host>/<database>`)
      }
      return [contract.name, url]
    })
  return Object.fromEntries(urls)
}
