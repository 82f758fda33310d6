import type { ServerResponse } from 'node:http'
import { CallScope, callerGone } from '@parley/chassis/contract/call-scope.ts'
import type { TracePlace } from '@parley/chassis/telemetry/tracing/trace-context.ts'
import type { Span, Tracer } from '@parley/chassis/telemetry/tracing/tracer.ts'
import type { AppliedLimit } from '../../application/limit-requests.ts'
import type { AuthenticatedKey } from '../../domain/api-key.ts'

export type Dialect = 'openai' | 'anthropic'

/** What is known of one HTTP request while it is being answered. */
export interface Exchange {
  readonly requestId: string
  readonly startedMs: number
  readonly method: string
  /** The route's path with its parameters in braces; `unknown` for none, so that labels stay few. */
  readonly routePath: string
  /** Whose envelope errors come in. */
  readonly dialect: Dialect
  /** The client's own, or the id of the request. */
  readonly correlationId: string
  /** Where it stands among the traces, and its own span while that trace is recorded. */
  readonly trace: ExchangeTrace
  key: AuthenticatedKey | null
  limit: AppliedLimit | null
  /** Set once sending the request again could run it twice. */
  accepted: boolean
}

export type ExchangeTrace = TracePlace & { readonly span: Span | null }

const untraced: ExchangeTrace = { traceparent: null, tracestate: null, span: null }

/** Without tracing, the trace of the client is passed on as it came. */
export function traceExchange(
  tracer: Tracer | null,
  place: TracePlace,
  request: { method: string; routePath: string; path: string },
): ExchangeTrace {
  if (tracer === null) return place.traceparent === null ? untraced : { ...place, span: null }
  const { method, routePath, path } = request
  return tracer.enter(place, {
    name: `${method} ${routePath}`,
    kind: 'server',
    attributes: { 'http.request.method': method, 'http.route': routePath, 'url.path': path, 'url.scheme': 'http' },
  })
}

/** `status` 499: the client went away before it was answered. */
export function endTrace({ trace, requestId, correlationId, key }: Exchange, status: number): void {
  const { span } = trace
  if (span === null) return
  span.set('http.response.status_code', status)
  span.set('parley.request_id', requestId)
  span.set('parley.correlation_id', correlationId)
  if (key !== null) span.set('parley.tenant', key.principal.tenant)
  span.end()
}

export interface OpenContextOptions {
  exchange: Exchange
  key: AuthenticatedKey
  timeoutMs: number
}

/**
 * The context of everything done for the request: it ends when its time is over and when the client goes away. Close it
 * once the request is answered.
 */
export function openContext(raw: ServerResponse, options: OpenContextOptions): { scope: CallScope; close: () => void } {
  const { exchange, key, timeoutMs } = options
  const { requestId, correlationId, trace } = exchange
  const scope = CallScope.root({
    principal: key.principal,
    requestId,
    correlationId,
    causationId: null,
    traceparent: trace.traceparent,
    tracestate: trace.tracestate ?? null,
    depth: 0,
    deadlineMs: timeoutMs,
  })
  const leave = () => {
    if (!raw.writableFinished) scope.end(callerGone)
  }
  raw.once('close', leave)
  return {
    scope,
    close() {
      raw.removeListener('close', leave)
      scope.close()
    },
  }
}

/** Errors of the gateway itself do not depend on a key; neither do the open routes. */
export const nobody: AuthenticatedKey = {
  principal: { tenant: 'none', keyId: null, scopes: [] },
  requestsPerMinute: null,
  expiresAt: null,
  revokedAt: null,
}
