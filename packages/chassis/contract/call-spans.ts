import type { TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { Span, SpanDescription, SpanKind, SpanValue, Tracer } from '../telemetry/tracing/tracer.ts'

/** Who makes the spans of the two sides of a call, when both are in this process. */
export interface CallTracers {
  readonly caller: Tracer
  readonly callee: Tracer
}

/** A call's span, as seen from one side: the same name everywhere, wherever the callee runs. */
export function describeCall(service: string, call: string, kind: SpanKind): SpanDescription {
  const method = `${service}/${call}`
  return { name: method, kind, attributes: { 'rpc.system.name': 'parley', 'rpc.method': method } }
}

/** Both sides of a call within a process, as one span: what is done within it stands below the callee's. */
export class LocalCallSpan implements Span {
  readonly #outer: Span
  readonly #inner: Span

  private constructor(outer: Span, inner: Span) {
    this.#outer = outer
    this.#inner = inner
  }

  /** Null when the trace is not recorded. */
  static start(tracers: CallTracers, parent: TracePlace, { client, server }: CallDescriptions): Span | null {
    const outer = tracers.caller.start(parent, client)
    if (outer === null) return null
    const inner = tracers.callee.start(outer, server)
    return inner === null ? outer : new LocalCallSpan(outer, inner)
  }

  get traceparent(): string {
    return this.#inner.traceparent
  }

  get tracestate(): string | null {
    return this.#inner.tracestate
  }

  set(name: string, value: SpanValue): void {
    this.#inner.set(name, value)
  }

  fail(error: unknown): void {
    this.#inner.fail(error)
    this.#outer.fail(error)
  }

  end(): void {
    this.#inner.end()
    this.#outer.end()
  }
}

/** Made once for every call of a contract. */
export interface CallDescriptions {
  readonly client: SpanDescription
  readonly server: SpanDescription
}

export function describeSides(service: string, call: string): CallDescriptions {
  return { client: describeCall(service, call, 'client'), server: describeCall(service, call, 'server') }
}
