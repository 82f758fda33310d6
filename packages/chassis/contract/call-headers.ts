import type { IncomingHttpHeaders } from 'node:http'
import type { CallContext, Principal } from '../values/context.ts'
import { CallScope } from './call-scope.ts'

/** What a context says about itself on the wire. A deadline travels as the milliseconds that are left. */
export function contextHeaders(context: CallContext): Record<string, string> {
  return {
    'x-request-id': context.requestId,
    'x-correlation-id': context.correlationId,
    'x-deadline-ms': String(Math.ceil(context.deadline.remainingMs())),
    'x-call-depth': String(context.depth),
    ...(context.causationId !== null && { 'x-causation-id': context.causationId }),
    ...(context.traceparent !== null && { traceparent: context.traceparent }),
  }
}

/** The callee's side of `contextHeaders`; what is missing or odd falls back to the call's own bound. */
export function contextFromHeaders(
  headers: IncomingHttpHeaders,
  options: { principal: Principal; deadlineMsMax: number; fallbackId: string },
): CallScope {
  const requestId = text(headers['x-request-id']) ?? options.fallbackId
  return CallScope.root({
    principal: options.principal,
    requestId,
    correlationId: text(headers['x-correlation-id']) ?? requestId,
    causationId: text(headers['x-causation-id']),
    traceparent: text(headers.traceparent),
    depth: number(headers['x-call-depth'], { fallback: 1, max: 1_000 }),
    deadlineMs: number(headers['x-deadline-ms'], { fallback: options.deadlineMsMax, max: options.deadlineMsMax }),
  })
}

function text(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= 256 ? value : null
}

function number(value: string | string[] | undefined, { fallback, max }: { fallback: number; max: number }): number {
  const parsed = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : fallback
  return Math.min(parsed, max)
}
