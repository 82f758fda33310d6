import type { TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { Span, SpanDescription, Tracer } from '../telemetry/tracing/tracer.ts'
import type { StoreDialect } from './store.ts'

/** Begins the span of one unit of work; null when the trace is not recorded. */
export type StartUnitSpan = (place: TracePlace) => Span | null

const systems: Readonly<Record<StoreDialect, string>> = { sqlite: 'sqlite', postgres: 'postgresql' }

/** In the words of OpenTelemetry's conventions for databases. There is no SQL in it, and no value. */
export function unitSpans(tracer: Pick<Tracer, 'start'>, dialect: StoreDialect, service: string): StartUnitSpan {
  const description: SpanDescription = {
    name: `transaction ${service}`,
    kind: 'client',
    attributes: { 'db.system.name': systems[dialect], 'db.namespace': service, 'db.operation.name': 'transaction' },
  }
  return (place) => tracer.start(place, description)
}

/** Ends the span when the unit is durable or undone. */
export async function endingWith<T>(span: Span, unit: Promise<T>): Promise<T> {
  try {
    return await unit
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    span.end()
  }
}
