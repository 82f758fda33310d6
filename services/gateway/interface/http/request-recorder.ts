import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
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
  readonly #requests: Counter<'method' | 'route' | 'status'>
  readonly #durations: Histogram<'method' | 'route'>
  readonly #streams: Gauge
  readonly #dropped: Counter
  /** Looked up once per route and class, since finding a label's series costs more than counting in it. */
  readonly #series = new Map<string, { count: () => void; observe: (seconds: number) => void }>()

  constructor({ log, metrics, monotonicMs }: RequestRecorderOptions) {
    this.#log = log
    this.#monotonicMs = monotonicMs
    const registers = [metrics]
    this.#requests = new Counter({
      name: 'parley_gateway_requests_total',
      help: 'Requests answered, by route template and class of status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    })
    this.#durations = new Histogram({
      name: 'parley_gateway_request_duration_seconds',
      help: 'From the head of a request to the end of its answer.',
      labelNames: ['method', 'route'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600],
      registers,
    })
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
        'http.request.id': exchange.requestId,
        'http.request.method': exchange.method,
        'url.path': exchange.routePath,
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
      const counter = this.#requests.labels({ method, route: routePath, status: statusClass })
      const histogram = this.#durations.labels({ method, route: routePath })
      series = { count: () => counter.inc(), observe: (seconds) => histogram.observe(seconds) }
      this.#series.set(name, series)
    }
    return series
  }
}

function placeOf({ requestId, routePath }: Exchange): object {
  return { 'http.request.id': requestId, 'url.path': routePath }
}
