import type { PlannedProcess } from '../plan.ts'
import { shutdown } from '../shutdown.ts'
import type { SecretRef, Variable } from '../variables.ts'
import type { Node } from '../yaml-text.ts'
import { hardened, networks } from './hardened.ts'

const secretsFolder = '/run/secrets'
const configFolder = '/etc/parley'
const memoryMiB = 512
const tracesEndpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT'

export interface ComposeProcessOptions {
  readonly process: PlannedProcess
  readonly version: string
  readonly settings: Readonly<Record<string, string>>
  /** Secrets of providers, which may be absent, by their variables. */
  readonly providerKeys: readonly string[]
  /** What keeps the data and what carries the events; null when nothing has to. */
  readonly infrastructure: { readonly store: string; readonly events: string | null }
}

/** A process of Parley as Compose runs it: started when what it waits for is ready, reached by the names of its services. */
export function composeProcess(options: ComposeProcessOptions): Node {
  const { process, version, settings, providerKeys, infrastructure } = options
  const { publicPort, variables, services, waitsFor } = process
  const aliases = services.map(({ name }) => name).filter((name) => name !== process.name)
  const awaited = [
    ...(process.hasStore ? [infrastructure.store] : []),
    ...(process.hasEvents && infrastructure.events !== null ? [infrastructure.events] : []),
    ...waitsFor,
  ]
  const secrets = variables.flatMap((variable) => ('secret' in variable ? [composeSecret(variable.secret)] : []))
  const isOutside = publicPort !== null || process.callsProviders
  return {
    image: `\${PARLEY_IMAGES:-localhost/parley}/${process.image.replace('parley/', '')}:\${PARLEY_VERSION:-${version}}`,
    ...hardened,
    environment: {
      ...settings,
      ...environment(process),
      ...Object.fromEntries([tracesEndpoint, ...providerKeys].map((name) => [name, `\${${name}:-}`])),
      PARLEY_CONFIG: `${configFolder}/parley.config.json`,
    },
    volumes: [`\${PARLEY_CONFIG_FOLDER:-./config}:${configFolder}:ro`],
    ...(secrets.length > 0 && { secrets }),
    ...(publicPort !== null && { ports: [`127.0.0.1:\${PARLEY_PORT:-${publicPort.number}}:${publicPort.number}`] }),
    networks: {
      [networks.system]: aliases.length === 0 ? {} : { aliases },
      ...(isOutside && { [networks.outside]: {} }),
    },
    ...(awaited.length > 0 && {
      depends_on: Object.fromEntries(awaited.map((name) => [name, { condition: 'service_healthy' }])),
    }),
    healthcheck: {
      test: ['CMD', 'node', 'packages/chassis/runtime/health-check.ts'],
      interval: '5s',
      timeout: '5s',
      start_period: '60s',
      retries: 3,
    },
    stop_grace_period: `${shutdown.graceSeconds}s`,
    mem_limit: `${memoryMiB}m`,
  }
}

/** Compose has no parts of secrets: each has a name of its own, and becomes a file of that name. */
export function composeSecret({ name, key }: SecretRef): string {
  return `${name.replace(/^parley-/, '')}-${key}`
}

function environment({ publicPort, internalPort, variables }: PlannedProcess): Record<string, string> {
  const ports = [publicPort, internalPort].flatMap((port) =>
    port === null ? [] : [[port.variable, String(port.number)] as const],
  )
  return Object.fromEntries([...ports, ...variables.map(entryOf)])
}

function entryOf(variable: Variable): readonly [string, string] {
  if ('value' in variable) return [variable.name, variable.value]
  return [`${variable.name}_FILE`, `${secretsFolder}/${composeSecret(variable.secret)}`]
}
