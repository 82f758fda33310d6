import { traceIdOf } from '../telemetry/tracing/trace-context.ts'
import type { Envelope } from './envelope.ts'
import { placeOfEvent } from './event-spans.ts'

/** What every line that belongs to an event says of it, by the names that lines of calls have them under. */
export function eventFields(envelope: Envelope): Readonly<Record<string, string>> {
  const { traceparent } = placeOfEvent(envelope)
  return {
    'labels.correlation_id': envelope.correlationid,
    'labels.tenant': envelope.tenant,
    eventId: envelope.id,
    eventType: envelope.type,
    ...(traceparent !== null && { 'trace.id': traceIdOf(traceparent) }),
  }
}
