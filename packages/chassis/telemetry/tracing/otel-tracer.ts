import {
  createTraceState,
  SpanKind as OtelKind,
  type Span as OtelSpanApi,
  type Tracer as OtelTracerApi,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { AppError } from '../../values/errors.ts'
import type { Sampler } from './sampler.ts'
import type { SpanIds } from './span-ids.ts'
import { isSampled, spanIdOf, type TracePlace, toTraceparent, traceIdOf } from './trace-context.ts'
import type { Entry, Span, SpanDescription, SpanKind, SpanValue, Tracer } from './tracer.ts'

export interface OtelTracerOptions {
  readonly tracer: OtelTracerApi
  /** Those that `tracer` makes its ids with. */
  readonly ids: SpanIds
  readonly sampler: Sampler
}

/** The tracer of one service. The place of a span is in the context that is passed along, never in the SDK's own. */
export class OtelTracer implements Tracer {
  readonly #options: OtelTracerOptions

  constructor(options: OtelTracerOptions) {
    this.#options = options
  }

  enter({ traceparent, tracestate = null }: TracePlace, description: SpanDescription): Entry {
    const { ids, sampler } = this.#options
    const traceId = traceparent === null ? ids.newTraceId() : traceIdOf(traceparent)
    if (!sampler(traceparent, traceId)) {
      // Named all the same, so that those who are asked do not decide once more, and logs can be put together.
      const spanId = traceparent === null ? ids.generateSpanId() : spanIdOf(traceparent)
      return { traceparent: toTraceparent(traceId, spanId, false), tracestate, span: null }
    }
    if (traceparent === null) ids.choose(traceId)
    const span = this.#begin({ traceparent, tracestate }, description)
    return { traceparent: span.traceparent, tracestate, span }
  }

  start(parent: TracePlace, description: SpanDescription): Span | null {
    const { traceparent } = parent
    return traceparent !== null && isSampled(traceparent) ? this.#begin(parent, description) : null
  }

  #begin({ traceparent, tracestate = null }: TracePlace, description: SpanDescription): OtelSpan {
    const { name, kind, attributes = {}, linksParent = false } = description
    const parent = traceparent === null ? null : toSpanContext(traceparent, tracestate, kind)
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
    const links = linksParent && parent !== null ? { links: [{ context: parent }] } : {}
    const options = { kind: kinds[kind], attributes: copied(attributes), ...links }
    return new OtelSpan(this.#options.tracer.startSpan(name, options, context), tracestate)
  }
}

class OtelSpan implements Span {
  readonly traceparent: string
  readonly tracestate: string | null
  readonly #span: OtelSpanApi
  #isOver = false

  constructor(span: OtelSpanApi, tracestate: string | null) {
    const { traceId, spanId } = span.spanContext()
    this.#span = span
    this.traceparent = toTraceparent(traceId, spanId, true)
    this.tracestate = tracestate
  }

  set(name: string, value: SpanValue): void {
    if (!this.#isOver) this.#span.setAttribute(name, typeof value === 'object' ? [...value] : value)
  }

  fail(error: unknown): void {
    if (this.#isOver) return
    const isOurs = !(error instanceof AppError) || error.status >= serverErrorMin
    this.#span.setAttribute('error.type', error instanceof AppError ? error.code : 'INTERNAL')
    if (isOurs) this.#span.setStatus({ code: SpanStatusCode.ERROR })
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#span.end()
  }
}

const serverErrorMin = 500

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
  internal: OtelKind.INTERNAL,
}

function toSpanContext(traceparent: string, tracestate: string | null, kind: SpanKind): SpanContext {
  return {
    traceId: traceIdOf(traceparent),
    spanId: spanIdOf(traceparent),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: kind === 'server' || kind === 'consumer',
    ...(tracestate !== null && { traceState: createTraceState(tracestate) }),
  }
}

function copied(attributes: Readonly<Record<string, SpanValue>>): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
  )
}
