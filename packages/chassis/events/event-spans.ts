import { readTraceparent, readTracestate, type TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { SpanDescription } from '../telemetry/tracing/tracer.ts'
import type { Envelope } from './envelope.ts'

/** Where an event comes from among the traces. It has travelled, so that anything may be in it. */
export function placeOfEvent({ traceparent, tracestate }: Envelope): TracePlace {
  const valid = readTraceparent(traceparent)
  return { traceparent: valid, tracestate: valid === null ? null : readTracestate(tracestate) }
}

/** From the row in the outbox to its commit. */
export function describePublishing(event: {
  type: string
  source: string
  id: string
  subject: string
}): SpanDescription {
  const { type, source, id, subject } = event
  return {
    name: `send ${type}`,
    kind: 'producer',
    attributes: {
      'messaging.system': 'parley',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'send',
      'messaging.destination.name': source,
      'messaging.message.id': id,
      'cloudevents.event_type': type,
      'cloudevents.event_subject': subject,
    },
  }
}

/** One event's handling: it continues the trace of whoever sent it, and says so by a link as well. */
export function describeHandling({ id, type, source, subject }: Envelope, consumer: string): SpanDescription {
  return {
    name: `process ${type}`,
    kind: 'consumer',
    linksParent: true,
    attributes: {
      'messaging.system': 'parley',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': source,
      'messaging.consumer.group.name': consumer,
      'messaging.message.id': id,
      'cloudevents.event_type': type,
      'cloudevents.event_subject': subject,
    },
  }
}
