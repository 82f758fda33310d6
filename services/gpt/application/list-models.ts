import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Model } from '../contract.ts'
import { outputTokensOf } from '../domain/context-windows.ts'
import type { CatalogueProvider, ModelCatalogue, Route } from '../domain/model-catalogue.ts'
import type { FindPrice } from '../domain/price-table.ts'
import type { ModelClient, ProviderModel } from './ports.ts'

export interface ListModelsPorts {
  readonly catalogue: ModelCatalogue
  readonly clients: ReadonlyMap<string, ModelClient>
  readonly clock: Clock
  readonly findPrice: FindPrice
}

const listingKeptMs = 5 * 60_000
/** A provider that could not be asked is left alone for a while: listing must not hang on it every time. */
const failureKeptMs = 30_000

/**
 * All models by the names that route to them: the listed ones, and those that providers without a list report. A
 * provider that cannot be asked right now contributes none; its models still answer by name.
 */
export function createListModels({ catalogue, clients, clock, findPrice }: ListModelsPorts) {
  const startedAt = clock.now()
  const listings = new Map<string, Listing>()

  async function reportedBy(context: CallContext, provider: CatalogueProvider): Promise<readonly ProviderModel[]> {
    const known = listings.get(provider.name)
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.models
    const client = clients.get(provider.name)
    const models = await (client?.listModels(context) ?? Promise.resolve([])).catch(() => null)
    const keptMs = models === null ? failureKeptMs : listingKeptMs
    const listing = { models: models ?? known?.models ?? [], untilMs: clock.monotonicMs() + keptMs }
    if (!context.signal.aborted) listings.set(provider.name, listing)
    return listing.models
  }

  return async function listModels(context: CallContext): Promise<{ models: Model[]; defaultModel: string }> {
    const found = new Map<string, Model>()
    const add = (name: string, provider: CatalogueProvider, createdAt: number | null) => {
      const id = shortestName(catalogue, { name, provider })
      if (!found.has(id)) found.set(id, toModel(catalogue.route(id), { createdAt: createdAt ?? startedAt, findPrice }))
    }
    const reports = await Promise.all(
      catalogue.providers.map((provider) => (provider.models === null ? reportedBy(context, provider) : [])),
    )
    for (const [index, provider] of catalogue.providers.entries()) {
      for (const model of provider.models ?? []) add(model.id, provider, null)
      for (const model of reports[index] ?? []) add(model.providerModel, provider, model.createdAt)
    }
    const fallback = catalogue.route(catalogue.defaultModel)
    if (!found.has(fallback.model)) found.set(fallback.model, toModel(fallback, { createdAt: startedAt, findPrice }))
    return { models: [...found.values()], defaultModel: catalogue.defaultModel }
  }
}

/** The model that a name is routed to, with its price. Asks no provider. Throws MODEL_NOT_FOUND. */
export function createGetModel({
  catalogue,
  clock,
  findPrice,
}: Pick<ListModelsPorts, 'catalogue' | 'clock' | 'findPrice'>) {
  const startedAt = clock.now()
  return async function getModel(_context: CallContext, { model }: { model: string }): Promise<Model> {
    return toModel(catalogue.route(model), { createdAt: startedAt, findPrice })
  }
}

interface Listing {
  readonly models: readonly ProviderModel[]
  readonly untilMs: number
}

/** The bare name where it leads to this provider, else `provider/name`. */
function shortestName(
  catalogue: ModelCatalogue,
  { name, provider }: { name: string; provider: CatalogueProvider },
): string {
  return catalogue.route(name).provider === provider.name ? name : `${provider.name}/${name}`
}

function toModel(route: Route, { createdAt, findPrice }: { createdAt: number; findPrice: FindPrice }): Model {
  const { model, provider, providerModel, contextTokensMax } = route
  return {
    id: model,
    provider,
    providerModel,
    contextTokensMax,
    outputTokensMax: outputTokensOf(providerModel),
    price: findPrice(route),
    createdAt,
  }
}
