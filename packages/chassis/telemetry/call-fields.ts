import type { CallContext } from '../values/context.ts'
import { isSampled, spanIdOf, traceIdOf } from './tracing/trace-context.ts'

export type CallFields = Readonly<Record<string, string>>

/**
 * What every line that belongs to a call says of it, so that a journey can be found by any of its ids over all services:
 * the trace and, while it is recorded, the span; the request, what caused it and what it all began with; the tenant.
 */
export function callFields(context: CallContext): CallFields {
  const { traceparent, requestId, correlationId, causationId, principal } = context
  const fields: Record<string, string> = {
    'labels.correlation_id': correlationId,
    'labels.tenant': principal.tenant,
  }
  // An event being handled is its own cause; it is no request.
  if (requestId !== causationId) fields['http.request.id'] = requestId
  if (causationId !== null) fields['labels.causation_id'] = causationId
  if (traceparent !== null) {
    fields['trace.id'] = traceIdOf(traceparent)
    if (isSampled(traceparent)) fields['span.id'] = spanIdOf(traceparent)
  }
  return fields
}
