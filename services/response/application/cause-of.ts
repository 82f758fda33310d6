import type { Cause, ResponseRecord } from './ports.ts'

/** What work on a response continues when nobody's call leads to it. */
export function causeOf({ correlationId, traceparent }: ResponseRecord): Cause {
  return { correlationId, causationId: null, traceparent }
}
