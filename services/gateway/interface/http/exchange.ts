import type { ServerResponse } from 'node:http'
import { CallScope, callerGone } from '@parley/chassis/contract/call-scope.ts'
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
  key: AuthenticatedKey | null
  limit: AppliedLimit | null
  /** Set once sending the request again could run it twice. */
  accepted: boolean
}

export interface OpenContextOptions {
  exchange: Exchange
  key: AuthenticatedKey
  correlationId: string | null
  traceparent: string | null
  timeoutMs: number
}

/**
 * The context of everything done for the request: it ends when its time is over and when the client goes away. Close it
 * once the request is answered.
 */
export function openContext(raw: ServerResponse, options: OpenContextOptions): { scope: CallScope; close: () => void } {
  const { exchange, key, correlationId, traceparent, timeoutMs } = options
  const scope = CallScope.root({
    principal: key.principal,
    requestId: exchange.requestId,
    correlationId: correlationId ?? exchange.requestId,
    causationId: null,
    traceparent,
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
