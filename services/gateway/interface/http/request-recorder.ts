import { BoundCounter, type Tally } from '@parley/chassis/telemetry/metrics/bound-counter.ts'
import { BoundHistogram } from '@parley/chassis/telemetry/metrics/bound-histogram.ts'
import { spanIdOf, traceIdOf } from '@parley/chassis/telemetry/tracing/trace-context.ts'
import { type AppError, type ErrorCode, errorTable } from '@parley/chassis/values/errors.ts'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Exchange } from './exchange.ts'

export interface RequestRecorderOptions {
  log: Logger
  metrics: Registry
  monotonicMs: () => number
}

/** The gateway's access log and metrics. Labels are route templates and classes of status, so their number is bounded. */
export class RequestRecorder {
  readonly #log: Logger
  readonly #monotonicMs: () => number
  readonly #requests: BoundCounter<'method' | 'route' | 'status'>
  readonly #durations: BoundHistogram<'method' | 'route'>
  readonly #errors: Readonly<Record<ErrorCode, Tally>>
  readonly #streams: Gauge
  readonly #dropped: Counter
  /** Looked up once per route and class, since finding a label's series costs more than counting in it. */
  readonly #series = new Map<string, { count: () => void; observe: (seconds: number) => void }>()

  constructor({ log, metrics, monotonicMs }: RequestRecorderOptions) {
    this.#log = log
    this.#monotonicMs = monotonicMs
    const registers = [metrics]
    this.#requests = new BoundCounter({
      name: 'parley_gateway_requests_total',
      help: 'Requests answered, by route template and class of status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    })
    this.#durations = new BoundHistogram({
      name: 'parley_gateway_request_duration_seconds',
      help: 'From the head of a request to the end of its answer.',
      labelNames: ['method', 'route'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
      registers,
    })
    this.#errors = new BoundCounter({
      name: 'parley_gateway_errors_total',
      help: 'Errors that were answered, by their code; those that break a stream included.',
      labelNames: ['code'],
      registers,
    }).bindEach(Object.keys(errorTable) as ErrorCode[], (code) => ({ code }))
    this.#streams = new Gauge({ name: 'parley_gateway_open_streams', help: 'Event streams being written.', registers })
    this.#dropped = new Counter({
      name: 'parley_gateway_clients_dropped_total',
      help: 'Connections closed because their client did not read what was written.',
      registers,
    })
  }

  /** `status` 499: the client went away before it was answered. */
  answered(exchange: Exchange, status: number): void {
    const durationMs = this.#monotonicMs() - exchange.startedMs
    const series = this.#seriesOf(exchange, status)
    series.count()
    series.observe(durationMs / 1_000)
    const { principal } = exchange.key ?? {}
    this.#log.info(
      {
        ...placeOf(exchange),
        'http.request.method': exchange.method,
        'http.response.status_code': status,
        'event.duration': Math.round(durationMs * 1e6),
        'labels.key': principal?.keyId ?? null,
        'labels.tenant': principal?.tenant ?? null,
      },
      'request answered',
    )
  }

  /** Logs a failure that is nobody's fault but ours; what the caller did wrong is its own business. */
  failed(exchange: Exchange, error: AppError): void {
    this.#errors[error.code].add(1)
    if (error.code !== 'INTERNAL' && error.code !== 'CONTRACT_VIOLATED') return
    this.#log.error({ ...placeOf(exchange), err: error.cause ?? error }, 'request failed')
  }

  streamBroken(exchange: Exchange, error: AppError): void {
    if (error.code === 'CALL_CANCELLED') return
    this.failed(exchange, error)
    this.#log.warn({ ...placeOf(exchange), 'error.code': error.code }, 'stream broke off')
  }

  streamOpened(): void {
    this.#streams.inc()
  }

  streamClosed(): void {
    this.#streams.dec()
  }

  clientDropped(exchange: Exchange): void {
    this.#dropped.inc()
    this.#log.warn(placeOf(exchange), 'client dropped: it read nothing')
  }

  #seriesOf({ method, routePath }: Exchange, status: number) {
    const statusClass = `${Math.floor(status / 100)}xx`
    const name = `${method} ${routePath} ${statusClass}`
    let series = this.#series.get(name)
    if (series === undefined) {
      const counter = this.#requests.bind({ method, route: routePath, status: statusClass })
      const histogram = this.#durations.bind({ method, route: routePath })
      series = { count: () => counter.add(1), observe: (seconds) => histogram.observe(seconds) }
      this.#series.set(name, series)
    }
    return series
  }
}

function placeOf({ requestId, correlationId, routePath, trace }: Exchange): object {
  const fields: Record<string, string> = {
    'http.request.id': requestId,
    'labels.correlation_id': correlationId,
    'url.path': routePath,
  }
  if (trace.traceparent !== null) fields['trace.id'] = traceIdOf(trace.traceparent)
  if (trace.span !== null) fields['span.id'] = spanIdOf(trace.span.traceparent)
  return fields
}
