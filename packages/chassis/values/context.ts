/** What a key may do. `operator` may act on every tenant; the others only on their own. */
export type Scope = 'inference' | 'sessions' | 'keys' | 'operator'

/** On whose behalf a call runs. `keyId` is null when a service acts by itself. */
export interface Principal {
  readonly tenant: string
  readonly keyId: string | null
  readonly scopes: readonly Scope[]
}

/** Time left for a call. Travels between processes as remaining milliseconds, never as an instant. */
export interface Deadline {
  remainingMs(): number
}

/** Everything a call carries besides its input, wherever the callee runs. */
export interface CallContext {
  readonly principal: Principal
  /** One HTTP request of a client, or one event being handled. */
  readonly requestId: string
  /** The client request that started it all: constant over calls and events. */
  readonly correlationId: string
  /** The event or request that directly caused this. */
  readonly causationId: string | null
  /** W3C trace context: the span that this is done within; without tracing, what the client sent. Null outside of every trace. */
  readonly traceparent: string | null
  /** What other tracing systems on the way have to say of the trace; passed on unchanged. */
  readonly tracestate?: string | null
  readonly deadline: Deadline
  /** Aborts when the caller has gone or the deadline has passed. */
  readonly signal: AbortSignal
  /** Hops from the outermost caller, which is 0 and the only one that retries. */
  readonly depth: number
}
