import type { EnvReader } from '../../config/env-reader.ts'
import { choiceSetting, integerSetting, type Settings, setting, textSetting, urlSetting } from '../../config/setting.ts'

/** How a process records traces and where it sends them. */
export interface TracingSettings {
  readonly exporter: ExporterSettings
  readonly sampler: SamplerSettings
  /** For all services of the process; null: each by its own name. */
  readonly serviceName: string | null
  readonly resource: Readonly<Record<string, string>>
  readonly queue: {
    readonly spansMax: number
    readonly batchMax: number
    readonly delayMs: number
  }
}

export interface ExporterSettings {
  readonly kind: 'otlp' | 'zipkin'
  readonly url: string
  /** May hold keys. */
  readonly headers: Readonly<Record<string, string>>
  readonly compress: boolean
  readonly timeoutMs: number
}

export interface SamplerSettings {
  /** Whether a trace that comes in goes on as its sender decided. */
  readonly parentBased: boolean
  /** Of the traces that are left to decide, from 0 to 1. */
  readonly ratio: number
}

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

const httpProtocols = ['http:', 'https:']

const pairs = 'name=value, separated by commas, values percent-encoded'
const pairsPattern = /^\s*[^=,\s]+\s*=[^,]*(,\s*[^=,\s]+\s*=[^,]*)*$/

/** OpenTelemetry's own names and meanings; those that are missing here are not read. */
export const tracingSettings = {
  isDisabled: choiceSetting('OTEL_SDK_DISABLED', {
    description: 'Switches tracing off, whatever else is set.',
    of: ['true', 'false'],
    fallback: 'false',
  }),
  exporter: choiceSetting('OTEL_TRACES_EXPORTER', {
    description: 'In what form spans are sent. `otlp` needs OTEL_EXPORTER_OTLP_ENDPOINT; without it nothing is traced.',
    of: ['otlp', 'zipkin', 'none'],
    fallback: 'otlp',
  }),
  endpoint: urlSetting('OTEL_EXPORTER_OTLP_ENDPOINT', {
    description: 'Where spans are sent, over HTTP: the root of a collector or of Jaeger, `http://jaeger:4318`.',
    protocols: httpProtocols,
  }),
  tracesEndpoint: urlSetting('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', {
    description: 'The same with the whole path, when it is not `/v1/traces` below OTEL_EXPORTER_OTLP_ENDPOINT.',
    protocols: httpProtocols,
  }),
  protocol: choiceSetting('OTEL_EXPORTER_OTLP_PROTOCOL', {
    description: 'How spans travel. There is only this one.',
    of: ['http/json'],
    fallback: 'http/json',
  }),
  headers: textSetting('OTEL_EXPORTER_OTLP_HEADERS', {
    description: 'Headers that are sent with spans, such as the key of a tracing service.',
    fallback: null,
    isSecret: true,
    format: pairs,
    accepts: pairsPattern,
  }),
  compression: choiceSetting('OTEL_EXPORTER_OTLP_COMPRESSION', {
    description: 'Whether spans are compressed on their way.',
    of: ['none', 'gzip'],
    fallback: 'none',
  }),
  timeoutMs: integerSetting('OTEL_EXPORTER_OTLP_TIMEOUT', {
    description: 'How long sending may take, repetitions included, in milliseconds.',
    fallback: 10_000,
    min: 1,
    max: 60_000,
  }),
  zipkinEndpoint: urlSetting('OTEL_EXPORTER_ZIPKIN_ENDPOINT', {
    description: 'Where spans are sent with OTEL_TRACES_EXPORTER=zipkin.',
    protocols: httpProtocols,
  }),
  sampler: choiceSetting('OTEL_TRACES_SAMPLER', {
    description:
      'Which traces are recorded. Those that begin with `parentbased_` leave it to the client where it sends a `traceparent`.',
    of: samplers,
    fallback: 'parentbased_always_on',
  }),
  ratio: setting<number>(
    'OTEL_TRACES_SAMPLER_ARG',
    { description: 'The share of traces that the samplers with a ratio record: 0.05 for one in twenty.', fallback: 1 },
    { format: 'a number from 0 to 1', parse: parseRatio },
  ),
  serviceName: textSetting('OTEL_SERVICE_NAME', {
    description: 'What the services of the process are called in traces; each by its own name when it is not set.',
    fallback: null,
  }),
  resource: textSetting('OTEL_RESOURCE_ATTRIBUTES', {
    description: 'What every span says of where it comes from: `deployment.environment.name=production`.',
    fallback: null,
    format: pairs,
    accepts: pairsPattern,
  }),
  spansMax: integerSetting('OTEL_BSP_MAX_QUEUE_SIZE', {
    description: 'Spans that may wait to be sent; what is more is dropped.',
    fallback: 2_048,
    min: 1,
    max: 1_000_000,
  }),
  batchMax: integerSetting('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', {
    description: 'Spans that are sent together.',
    fallback: 512,
    min: 1,
    max: 100_000,
  }),
  delayMs: integerSetting('OTEL_BSP_SCHEDULE_DELAY', {
    description: 'How long a span waits for others, in milliseconds.',
    fallback: 5_000,
    min: 1,
    max: 600_000,
  }),
} satisfies Settings

/** Null when nothing is traced. Problems stay with the reader. */
export function readTracingSettings(env: EnvReader): TracingSettings | null {
  const given = env.readAll(tracingSettings)
  const url = given.exporter === 'zipkin' ? zipkinUrl(given.zipkinEndpoint) : otlpUrl(given)
  if (given.isDisabled === 'true' || given.exporter === 'none' || url === null) return null
  const { exporter: kind, timeoutMs, serviceName, spansMax, batchMax, delayMs } = given
  return {
    exporter: { kind, url, headers: readPairs(given.headers), compress: given.compression === 'gzip', timeoutMs },
    sampler: {
      parentBased: given.sampler.startsWith('parentbased_'),
      ratio: given.sampler.endsWith('always_on') ? 1 : given.sampler.endsWith('always_off') ? 0 : given.ratio,
    },
    serviceName,
    resource: readPairs(given.resource),
    queue: { spansMax, batchMax: Math.min(batchMax, spansMax), delayMs },
  }
}

function otlpUrl({ endpoint, tracesEndpoint }: { endpoint: URL | null; tracesEndpoint: URL | null }): string | null {
  if (tracesEndpoint !== null) return tracesEndpoint.href
  return endpoint === null ? null : `${endpoint.href.replace(/\/$/, '')}/v1/traces`
}

function zipkinUrl(endpoint: URL | null): string {
  return endpoint?.href ?? 'http://localhost:9411/api/v2/spans'
}

function readPairs(text: string | null): Record<string, string> {
  const entries = (text ?? '').split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]]
  })
  return Object.fromEntries(entries)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function parseRatio(text: string): { value: number } | { problem: string } {
  const value = Number(text)
  return value >= 0 && value <= 1 ? { value } : { problem: 'must be a number from 0 to 1' }
}
