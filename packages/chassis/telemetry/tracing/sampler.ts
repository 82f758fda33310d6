import { isSampled } from './trace-context.ts'
import type { SamplerSettings } from './tracing-settings.ts'

/** Decides, where a trace enters the system, whether it is recorded. `traceparent` is null when it begins here. */
export type Sampler = (traceparent: string | null, traceId: string) => boolean

/** The samplers that OpenTelemetry names: a parent-based one only decides for traces that begin here. */
export function createSampler({ parentBased, ratio }: SamplerSettings): Sampler {
  const bound = ratio >= 1 ? 2 ** 32 : Math.floor(ratio * (2 ** 32 - 1))
  return (traceparent, traceId) => {
    if (parentBased && traceparent !== null) return isSampled(traceparent)
    return foldedId(traceId) < bound
  }
}

/** 32 bits of the trace id, as OpenTelemetry's own ratio sampler takes them: all systems decide alike for one id. */
function foldedId(traceId: string): number {
  let folded = 0
  for (let index = 0; index < 32; index += 8) folded ^= Number.parseInt(traceId.slice(index, index + 8), 16)
  return folded >>> 0
}
