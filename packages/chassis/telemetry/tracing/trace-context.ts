/** Where a piece of work stands among the traces, in the words of W3C Trace Context. Every CallContext has one. */
export interface TracePlace {
  /** `00-<trace id>-<span id>-<flags>`; null outside of every trace. */
  readonly traceparent: string | null
  /** What other tracing systems on the way have to say of it; passed on unchanged. */
  readonly tracestate?: string | null
}

const traceparentPattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/
const traceparentChars = 55
const tracestateCharsMax = 512
const tracestatePattern = /^[\x20-\x7e]+$/

/** A header's value as version 00 has it, whatever later version it came in; null when it is not valid. */
export function readTraceparent(value: unknown): string | null {
  if (typeof value !== 'string' || !traceparentPattern.test(value)) return null
  if (value.startsWith('00')) return value.length === traceparentChars ? value : null
  return `00${value.slice(2, traceparentChars)}`
}

/** Null when it is not valid, or too long to be passed on everywhere. */
export function readTracestate(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > tracestateCharsMax) return null
  return tracestatePattern.test(value) ? value : null
}

/** Whether the trace is recorded. The decision is made where the trace begins and travels as a flag. */
export function isSampled(traceparent: string): boolean {
  const digit = traceparent.charCodeAt(traceparentChars - 1)
  return ((digit < 58 ? digit - 48 : digit - 87) & 1) === 1
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35)
}

export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52)
}

export function toTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}
