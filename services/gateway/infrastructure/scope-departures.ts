import { CallScope, onAbort } from '@parley/chassis/contract/call-scope.ts'
import type { Departures } from '../application/ports.ts'

/** Departures as the scopes of requests tell them. */
export const scopeDepartures: Departures = {
  onGone: (context, action) => onAbort(context, action),
  outlive({ principal, requestId, correlationId, causationId, traceparent, tracestate = null, depth, deadline }) {
    const deadlineMs = deadline.remainingMs()
    const place = { traceparent, tracestate }
    return CallScope.root({ principal, requestId, correlationId, causationId, ...place, depth, deadlineMs })
  },
}
