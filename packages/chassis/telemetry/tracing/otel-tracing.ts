import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import { OtelTracer } from './otel-tracer.ts'
import { createSampler } from './sampler.ts'
import { SpanIds } from './span-ids.ts'
import type { Tracer, Tracing } from './tracer.ts'
import type { TracingSettings } from './tracing-settings.ts'
import { WatchedExporter } from './watched-exporter.ts'

const closeMaxMs = 3_000

/**
 * Traces by the OpenTelemetry SDK, without its instrumentations. All services of a process share one queue of spans, of
 * bounded length, and one exporter; each says under its own name where its spans come from.
 */
export class OtelTracing implements Tracing {
  readonly #settings: TracingSettings
  readonly #processor: BatchSpanProcessor
  readonly #tracers = new Map<string, Tracer>()

  constructor(settings: TracingSettings, log: Pick<Logger, 'info' | 'warn'>) {
    const { exporter, queue } = settings
    this.#settings = settings
    this.#processor = new BatchSpanProcessor({
      exporter: new WatchedExporter(openExporter(settings), { ...exporter, log }),
      maxQueueSize: queue.spansMax,
      maxExportBatchSize: queue.batchMax,
      scheduledDelayMillis: queue.delayMs,
      // Later than the exporter's own, which tells of it.
      exportTimeoutMillis: 2 * exporter.timeoutMs,
    })
  }

  tracerOf(service: string): Tracer {
    const known = this.#tracers.get(service)
    if (known !== undefined) return known
    const { serviceName, resource, sampler } = this.#settings
    const ids = new SpanIds()
    const provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.namespace': 'parley',
        'service.name': serviceName ?? service,
        'service.instance.id': `${hostname()}:${process.pid}`,
        ...resource,
      }),
      // Who calls `startSpan` has found the trace to be recorded.
      sampler: new AlwaysOnSampler(),
      idGenerator: ids,
      spanProcessors: [this.#processor],
    })
    const tracer = new OtelTracer({ tracer: provider.getTracer('parley'), ids, sampler: createSampler(sampler) })
    this.#tracers.set(service, tracer)
    return tracer
  }

  async close(): Promise<void> {
    const closed = this.#processor.shutdown().catch(toldByTheExporter)
    await Promise.race([closed, delay(closeMaxMs, undefined, { ref: false })])
  }
}

function openExporter({ exporter, queue }: Pick<TracingSettings, 'exporter' | 'queue'>): SpanExporter {
  const { kind, url, headers, compress, timeoutMs } = exporter
  if (kind === 'zipkin') return new ZipkinExporter({ url, headers: { ...headers } })
  const compression = compress ? 'gzip' : 'none'
  return new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    // At the end all batches of a full queue go at once.
    concurrencyLimit: Math.ceil(queue.spansMax / queue.batchMax) + 1,
    compression: compression as NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>['compression'],
  })
}

/** What could not be sent was logged where it failed. */
function toldByTheExporter(): void {}
