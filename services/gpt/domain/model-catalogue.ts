import { AppError } from '@parley/chassis/values/errors.ts'
import { contextTokensOf } from './context-windows.ts'

/** A provider as the catalogue sees it. `models: null` accepts every name: the provider itself knows what it serves. */
export interface CatalogueProvider {
  readonly name: string
  readonly models: readonly CatalogueModel[] | null
  /** Names without a list that begin so are asked of this provider before others without a list. */
  readonly namePrefixes?: readonly string[]
}

export interface CatalogueModel {
  readonly id: string
  /** The provider's own name for it. */
  readonly providerModel: string
  /** Input and output together; null when nobody said. */
  readonly contextTokensMax: number | null
}

/** Where a model name leads. */
export interface Route {
  readonly model: string
  readonly provider: string
  readonly providerModel: string
  readonly contextTokensMax: number
}

export interface ModelCatalogue {
  readonly defaultModel: string
  readonly providers: readonly CatalogueProvider[]
  /** Throws MODEL_NOT_FOUND, saying which models there are. */
  route(model: string): Route
}

const namesShownMax = 20

/**
 * Routes names to providers, in this order: a listed model, of the first provider that lists it; `provider/model`, where
 * the part before the first slash is a provider's name; any other name, to the first provider without a list whose
 * prefixes it has, else to the first without a list.
 */
export function createModelCatalogue(options: {
  providers: readonly CatalogueProvider[]
  defaultModel: string
}): ModelCatalogue {
  const { providers, defaultModel } = options
  const listed = new Map<string, Route>()
  for (const provider of providers) {
    for (const model of provider.models ?? []) {
      if (!listed.has(model.id)) listed.set(model.id, toRoute(model.id, provider, model))
    }
  }
  const find = (model: string) => listed.get(model) ?? findPrefixed(providers, model) ?? findOpen(providers, model)
  return {
    defaultModel,
    providers,
    route(model) {
      const route = find(model)
      if (route !== null) return route
      throw new AppError('MODEL_NOT_FOUND', notFoundMessage(model, { listed: [...listed.keys()], defaultModel }), {
        param: 'model',
      })
    },
  }
}

function findPrefixed(providers: readonly CatalogueProvider[], model: string): Route | null {
  const slash = model.indexOf('/')
  if (slash < 1 || slash === model.length - 1) return null
  const provider = providers.find((candidate) => candidate.name === model.slice(0, slash))
  if (provider === undefined) return null
  const name = model.slice(slash + 1)
  const entry = provider.models?.find((candidate) => candidate.id === name)
  if (entry !== undefined) return toRoute(model, provider, entry)
  return provider.models === null ? toRoute(model, provider, unlisted(name)) : null
}

function findOpen(providers: readonly CatalogueProvider[], model: string): Route | null {
  const all = providers.filter((provider) => provider.models === null)
  const claiming = all.find(({ namePrefixes = [] }) => namePrefixes.some((prefix) => model.startsWith(prefix)))
  const open = claiming ?? all[0]
  return open === undefined || model === '' ? null : toRoute(model, open, unlisted(model))
}

function unlisted(name: string): CatalogueModel {
  return { id: name, providerModel: name, contextTokensMax: null }
}

function toRoute(model: string, provider: CatalogueProvider, entry: CatalogueModel): Route {
  return {
    model,
    provider: provider.name,
    providerModel: entry.providerModel,
    contextTokensMax: entry.contextTokensMax ?? contextTokensOf(entry.providerModel),
  }
}

function notFoundMessage(model: string, { listed, defaultModel }: { listed: string[]; defaultModel: string }): string {
  const shown = [...new Set([defaultModel, ...listed])].slice(0, namesShownMax).map((name) => `'${name}'`)
  const more = listed.length > namesShownMax ? ' and more' : ''
  return `The model '${model.slice(0, 100)}' does not exist here. Use one of: ${shown.join(', ')}${more}.`
}
