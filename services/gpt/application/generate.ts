import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationEnd, GenerationStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Generate } from '../contract.ts'
import type { ModelCatalogue, Route } from '../domain/model-catalogue.ts'
import { countUsage } from './count-tokens.ts'
import { embed } from './embed.ts'
import type { ModelClient, ModelEnd, TokenCounter } from './ports.ts'

export interface GeneratePorts {
  readonly catalogue: ModelCatalogue
  /** One client per provider of the catalogue, by its name. */
  readonly clients: ReadonlyMap<string, ModelClient>
  readonly counter: TokenCounter
}

/**
 * Asks the routed provider once. The steps end with `generation-end`, whose usage is the provider's own figure or, when
 * it gave none, counted here. Throws MODEL_NOT_FOUND and what `ModelClient.generate` throws.
 */
export function createGenerate({ catalogue, clients, counter }: GeneratePorts) {
  return async function* generate(context: CallContext, command: Generate): AsyncGenerator<GenerationStep, void> {
    const route = catalogue.route(command.model)
    const client = clients.get(route.provider)
    if (client === undefined) throw new AppError('INTERNAL', `The provider '${route.provider}' has no client.`)
    const output: Item[] = []
    const { responseId, attempt, instructions, items, options, delivery } = command
    const { providerModel } = route
    const request = { responseId, attempt, providerModel, instructions, items, options, delivery }
    if (options.embedding !== undefined) {
      yield* embed(context, { command, embedding: options.embedding, route, client, counter })
      return
    }
    for await (const step of client.generate(context, request)) {
      if (step.type === 'item-end') output.push(step.item)
      yield step.type === 'model-end' ? await toGenerationEnd(step, { command, route, output, counter }) : step
    }
  }
}

async function toGenerationEnd(
  end: ModelEnd,
  { command, route, output, counter }: { command: Generate; route: Route; output: Item[]; counter: TokenCounter },
): Promise<GenerationEnd> {
  const { instructions, items, options } = command
  const { stopSequence, finishes } = end
  const conversation = { model: route.providerModel, instructions, items }
  return {
    type: 'generation-end',
    finish: end.finish,
    usage: end.usage ?? (await countUsage(counter, { conversation, output })),
    provider: route.provider,
    providerModel: end.providerModel,
    ...(stopSequence !== undefined && options.stop?.includes(stopSequence) === true && { stopSequence }),
    ...(finishes !== undefined && { finishes }),
  }
}
