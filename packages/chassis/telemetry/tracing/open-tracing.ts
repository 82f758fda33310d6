import type { Logger } from 'pino'
import type { Tracing } from './tracer.ts'
import type { TracingSettings } from './tracing-settings.ts'

/** OpenTelemetry is loaded only where it is used: it takes its share of start-up time and memory. */
export async function openTracing(
  settings: TracingSettings | null,
  log: Pick<Logger, 'info' | 'warn'>,
): Promise<Tracing | null> {
  if (settings === null) return null
  const { OtelTracing } = await import('./otel-tracing.ts')
  return new OtelTracing(settings, log)
}
