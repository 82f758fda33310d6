import { defineService } from '@parley/chassis/runtime/define-service.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import { createModelLabel } from '@parley/chassis/telemetry/metrics/model-label.ts'
import type { Tracer } from '@parley/chassis/telemetry/tracing/tracer.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import { Registry } from 'prom-client'
import { createCountTokens } from './application/count-tokens.ts'
import { createGenerate } from './application/generate.ts'
import { createGetModel, createListModels } from './application/list-models.ts'
import { createRenderPrompt } from './application/render-prompt.ts'
import { type GptConfig, loadConfig } from './config.ts'
import { GptContract } from './contract.ts'
import type { Route } from './domain/model-catalogue.ts'
import { GptTokenizerCounter } from './infrastructure/gpt-tokenizer-counter.ts'
import { ProviderClients } from './infrastructure/provider-clients.ts'
import { ProviderMetrics } from './infrastructure/provider-metrics.ts'
import { traceClients } from './infrastructure/trace-clients.ts'
import { createCalls, type UseCases } from './interface/calls.ts'
import { gptFileSections, gptSettings, gptTracingSettings } from './settings.ts'

export const gpt = defineService({
  contract: GptContract,
  needs: {},
  reaches: ['providers'],
  migrations: null,
  settings: { ...gptSettings, ...gptTracingSettings },
  fileSections: gptFileSections,
  loadConfig,
  create: createGpt,
})

export interface GptOptions {
  readonly config: GptConfig
  readonly clock: Clock
  readonly newId: NewId
  readonly metrics?: Registry
  readonly tracer?: Tracer | null
}

/** The service put together; `close` ends every connection to a provider. */
export function createGpt({ config: first, clock, newId, metrics = new Registry(), tracer = null }: GptOptions) {
  const providerClients = new ProviderClients({ newId, timers: systemTimers })
  const counter = new GptTokenizerCounter()
  const labelOf = (route: Route) => current.labelOf(route)
  const observer = new ProviderMetrics({ metrics, monotonicMs: () => clock.monotonicMs(), labelOf })
  let current = assemble(first)
  observer.expect(first.catalogue.route(first.catalogue.defaultModel))

  /** Everything that follows from the configuration. A call ends with the parts that it began with. */
  function assemble(config: GptConfig): UseCases & { labelOf: (route: Route) => string } {
    const { catalogue, templates, findPrice } = config
    const clients = providerClients.open(config)
    return {
      generate: createGenerate({ catalogue, clients: traceClients(clients, config, tracer), counter, observer }),
      listModels: createListModels({ catalogue, clients, clock, findPrice }),
      getModel: createGetModel({ catalogue, clock, findPrice }),
      countTokens: createCountTokens({ catalogue, clients, counter }),
      renderPrompt: createRenderPrompt({ templates }),
      labelOf: labelsOf(config),
    }
  }

  return {
    calls: createCalls(() => current),
    reconfigure(config: GptConfig) {
      current = assemble({ ...config, tracing: first.tracing })
    },
    close: () => providerClients[Symbol.asyncDispose](),
  }
}

/** Models that are configured, or whose price is known. */
function labelsOf({ catalogue, findPrice }: GptConfig): (route: Route) => string {
  const listed = new Set(catalogue.providers.flatMap(({ models }) => models?.map(({ id }) => id) ?? []))
  listed.add(catalogue.defaultModel)
  const labelOf = createModelLabel({ isListed: (model) => listed.has(model), unlistedMax: 0 })
  return (route) => labelOf(route.model, !listed.has(route.model) && findPrice(route) !== null)
}
