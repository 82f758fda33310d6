import type { Tracer } from '@parley/chassis/telemetry/tracing/tracer.ts'
import type { ModelClient } from '../application/ports.ts'
import type { GptConfig } from '../config.ts'
import { TracedModelClient } from './traced-model-client.ts'

/** The clients of the providers, their calls as spans; as they are when nothing is traced. */
export function traceClients(
  clients: ReadonlyMap<string, ModelClient>,
  { providers, tracing }: Pick<GptConfig, 'providers' | 'tracing'>,
  tracer: Tracer | null,
): ReadonlyMap<string, ModelClient> {
  if (tracer === null) return clients
  const traced = providers.flatMap((provider): [string, ModelClient][] => {
    const client = clients.get(provider.name)
    if (client === undefined) return []
    const options = {
      provider: { name: provider.name, baseUrl: provider.kind === 'simulated' ? null : provider.baseUrl },
      tracer,
      captureContent: tracing.captureContent,
      tellsProvider: tracing.toldProviders.includes(provider.name),
    }
    return [[provider.name, new TracedModelClient(client, options)]]
  })
  return new Map(traced)
}
