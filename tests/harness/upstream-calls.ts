import { waitUntil } from '@parley/testkit/latch.ts'
import type { UpstreamRequest } from '@parley/testkit/simulated/upstream-server.ts'
import type { System } from './system.ts'

/** What the provider was asked under a model name. A journey uses a name of its own to know its calls from others. */
export function upstreamCalls(system: System, model: string): UpstreamRequest[] {
  return system.upstream.requests.filter((request) => request.model === model)
}

/** The single call under a model name, once it has come. */
export async function untilUpstreamCall(system: System, model: string): Promise<UpstreamRequest> {
  await waitUntil(() => upstreamCalls(system, model).length > 0, { what: `a call of ${model} upstream` })
  const [call, second] = upstreamCalls(system, model)
  if (call === undefined || second !== undefined) throw new Error(`${model} was called more than once`)
  return call
}
