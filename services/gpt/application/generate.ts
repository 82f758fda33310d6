import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import { type ReadyIterator, takeReady } from '@parley/chassis/values/ready-values.ts'
import type { GenerationEnd, GenerationStep } from '@parley/kernel/frames.ts'
import type { EmbeddingOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { Generate } from '../contract.ts'
import type { ModelCatalogue, Route } from '../domain/model-catalogue.ts'
import { countUsage } from './count-tokens.ts'
import { embed } from './embed.ts'
import type { ModelClient, ModelEnd, ModelStep, ProviderObserver, ProviderWatch, TokenCounter } from './ports.ts'

export interface GeneratePorts {
  readonly catalogue: ModelCatalogue
  /** One client per provider of the catalogue, by its name. */
  readonly clients: ReadonlyMap<string, ModelClient>
  readonly counter: TokenCounter
  readonly observer: ProviderObserver
}

/**
 * Asks the routed provider once. The steps end with `generation-end`, whose usage is the provider's own figure or, when
 * it gave none, counted here. Throws MODEL_NOT_FOUND and what `ModelClient.generate` throws.
 */
export function createGenerate(ports: GeneratePorts) {
  return (context: CallContext, command: Generate): AsyncIterableIterator<GenerationStep, unknown> =>
    command.options.embedding === undefined
      ? new GenerationSteps(ports, context, command)
      : embedOnce(ports, context, command, command.options.embedding)
}

async function* embedOnce(ports: GeneratePorts, context: CallContext, command: Generate, embedding: EmbeddingOptions) {
  const route = ports.catalogue.route(command.model)
  const { counter, observer } = ports
  const client = clientOf(ports, route)
  const watch = observer.begun(route, false)
  try {
    for await (const step of embed(context, { command, embedding, route, client, counter })) {
      if (step.type === 'generation-end') watch.answered(step.usage)
      yield step
    }
  } catch (error) {
    watch.failed(error)
    throw error
  } finally {
    watch.left()
  }
}

/** The provider is called when the first step is asked for. */
class GenerationSteps implements ReadyIterator<GenerationStep>, AsyncIterableIterator<GenerationStep, undefined> {
  readonly #ports: GeneratePorts
  readonly #context: CallContext
  readonly #command: Generate
  readonly #output: Item[] = []
  #route: Route | null = null
  #steps: AsyncIterator<ModelStep> | null = null
  #watch: ProviderWatch | null = null
  /** An end that was ready, and whose usage is to be counted before it can be passed on. */
  #uncounted: ModelEnd | null = null

  constructor(ports: GeneratePorts, context: CallContext, command: Generate) {
    this.#ports = ports
    this.#context = context
    this.#command = command
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  ready(): GenerationStep | undefined {
    if (this.#steps === null || this.#route === null) return undefined
    const step = takeReady(this.#steps)
    if (step?.type !== 'model-end') return step === undefined ? undefined : this.#pass(step)
    if (step.usage !== null) return this.#end(step, this.#route, step.usage)
    this.#uncounted = step
    return undefined
  }

  async next(): Promise<IteratorResult<GenerationStep, undefined>> {
    this.#route ??= this.#ports.catalogue.route(this.#command.model)
    this.#steps ??= this.#begin(this.#route)
    let step: ModelStep | undefined
    try {
      step = this.#uncounted ?? (await this.#steps.next()).value
    } catch (error) {
      this.#watch?.failed(error)
      throw error
    }
    this.#uncounted = null
    if (step === undefined) return { done: true, value: undefined }
    if (step.type !== 'model-end') return { done: false, value: this.#pass(step) }
    return { done: false, value: this.#end(step, this.#route, step.usage ?? (await this.#count(this.#route))) }
  }

  async return(): Promise<IteratorResult<GenerationStep, undefined>> {
    this.#watch?.left()
    await this.#steps?.return?.()
    return { done: true, value: undefined }
  }

  #begin(route: Route): AsyncIterator<ModelStep> {
    const { providerModel } = route
    const client = clientOf(this.#ports, route)
    const { responseId, attempt, instructions, items, options, delivery } = this.#command
    const request = { responseId, attempt, providerModel, instructions, items, options, delivery }
    this.#watch = this.#ports.observer.begun(route, delivery === 'incremental')
    return client.generate(this.#context, request)[Symbol.asyncIterator]()
  }

  #pass(step: Exclude<ModelStep, ModelEnd>): GenerationStep {
    if (step.type === 'item-end') this.#output.push(step.item)
    else if (step.type !== 'item-start') this.#watch?.piece()
    return step
  }

  #end(end: ModelEnd, { provider }: Route, usage: Usage): GenerationEnd {
    const { finish, providerModel, stopSequence, finishes, native } = end
    const { stop } = this.#command.options
    this.#watch?.answered(usage)
    return {
      type: 'generation-end',
      finish,
      usage,
      provider,
      providerModel,
      ...(stopSequence !== undefined && stop?.includes(stopSequence) === true && { stopSequence }),
      ...(finishes !== undefined && { finishes }),
      ...(native !== undefined && { native }),
    }
  }

  #count({ providerModel }: Route): Promise<Usage> {
    const { instructions, items } = this.#command
    const conversation = { model: providerModel, instructions, items }
    return countUsage(this.#ports.counter, { conversation, output: this.#output })
  }
}

function clientOf({ clients }: GeneratePorts, { provider }: Route): ModelClient {
  const client = clients.get(provider)
  if (client === undefined) throw new AppError('INTERNAL', `The provider '${provider}' has no client.`)
  return client
}
