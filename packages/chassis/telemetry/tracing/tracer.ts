import type { TracePlace } from './trace-context.ts'

/**
 * `server` and `consumer`: work that something outside of the service began. `client` and `producer`: its other side.
 * `internal`: work of the service itself.
 */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal'

export type SpanValue = string | number | boolean | readonly string[]

export interface SpanDescription {
  /** One of few: route templates and calls, never ids. */
  readonly name: string
  readonly kind: SpanKind
  readonly attributes?: Readonly<Record<string, SpanValue>>
  /** Whether the span, besides continuing its parent, says that the parent is something that was sent: an event. */
  readonly linksParent?: boolean
}

/**
 * A piece of work that is being recorded, from its start to `end`. As a TracePlace it is where the work done within it
 * stands. Names, values and codes only: no prompt, no answer, no key.
 */
export interface Span extends TracePlace {
  readonly traceparent: string
  readonly tracestate: string | null
  set(name: string, value: SpanValue): void
  /** Notes why the work failed, by its code alone; the last one stays. What the caller did wrong is no error of ours. */
  fail(error: unknown): void
  /** Calls after the first do nothing. */
  end(): void
}

/** How the trace goes on behind the place where a client's request came in. */
export interface Entry extends TracePlace {
  readonly traceparent: string
  readonly tracestate: string | null
  /** Null when the trace is not recorded. */
  readonly span: Span | null
}

/**
 * Makes the spans of one service. A process without tracing has none: wherever one may be missing, it is null, and the
 * trace context of the client is passed on as it came.
 *
 * There are spans for recorded traces only: whether one is, the sampler decides in `enter`, and all that follows reads it
 * from the flag.
 */
export interface Tracer {
  /** Begins a trace, or continues that of `incoming`. */
  enter(incoming: TracePlace, description: SpanDescription): Entry
  /** The span of a piece of work within `parent`; null when its trace is not recorded. */
  start(parent: TracePlace, description: SpanDescription): Span | null
}

/** Tracers for all services of a process. */
export interface Tracing {
  tracerOf(service: string): Tracer
  /** Sends what is left, within a bounded time. Never rejects. */
  close(): Promise<void>
}
