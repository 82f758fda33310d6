import type { IncomingHttpHeaders } from 'node:http'
import { readTraceparent, readTracestate, type TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { Span } from '../telemetry/tracing/tracer.ts'
import type { CallContext, Principal } from '../values/context.ts'
import { CallScope } from './call-scope.ts'

/** On every answer of a process that is stopping, so that callers with a choice go elsewhere. */
export const leavingHeader = 'x-parley-leaving'

/** What a context says about itself on the wire. A deadline travels as the milliseconds that are left. */
export function contextHeaders(context: CallContext): Record<string, string> {
  return {
    'x-request-id': context.requestId,
    'x-correlation-id': context.correlationId,
    'x-deadline-ms': String(Math.ceil(context.deadline.remainingMs())),
    'x-call-depth': String(context.depth),
    ...(context.causationId !== null && { 'x-causation-id': context.causationId }),
    ...(context.traceparent !== null && traceHeaders(context.traceparent, context.tracestate ?? null)),
  }
}

function traceHeaders(traceparent: string, tracestate: string | null): Record<string, string> {
  return tracestate === null ? { traceparent } : { traceparent, tracestate }
}

/**
 * The callee's side of `contextHeaders`; what is missing or odd falls back to the call's own bound. `spanFor` is given
 * where the call stands among the traces, and may answer with a span of its own for it.
 */
export function contextFromHeaders(
  headers: IncomingHttpHeaders,
  options: {
    principal: Principal
    deadlineMsMax: number
    fallbackId: string
    spanFor?: (place: TracePlace) => Span | null
  },
): CallScope {
  const place = placeFromHeaders(headers)
  const requestId = text(headers['x-request-id']) ?? options.fallbackId
  return CallScope.root({
    principal: options.principal,
    requestId,
    correlationId: text(headers['x-correlation-id']) ?? requestId,
    causationId: text(headers['x-causation-id']),
    ...place,
    span: options.spanFor?.(place) ?? null,
    depth: number(headers['x-call-depth'], { fallback: 1, max: 1_000 }),
    deadlineMs: number(headers['x-deadline-ms'], { fallback: options.deadlineMsMax, max: options.deadlineMsMax }),
  })
}

const nowhere: TracePlace = { traceparent: null, tracestate: null }

/** Where a caller stands among the traces, by its headers. */
export function placeFromHeaders(headers: IncomingHttpHeaders): TracePlace {
  const traceparent = headers.traceparent === undefined ? null : readTraceparent(headers.traceparent)
  if (traceparent === null) return nowhere
  return { traceparent, tracestate: readTracestate(headers.tracestate) }
}

function text(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= 256 ? value : null
}

function number(value: string | string[] | undefined, { fallback, max }: { fallback: number; max: number }): number {
  const parsed = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : fallback
  return Math.min(parsed, max)
}
