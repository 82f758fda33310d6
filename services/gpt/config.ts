import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import type { ValuesOf } from '@parley/chassis/config/setting.ts'
import { templateVariables } from '@parley/kernel/prompt-template.ts'
import { ApiKey } from './domain/api-key.ts'
import { type CatalogueModel, createModelCatalogue, type ModelCatalogue } from './domain/model-catalogue.ts'
import { createPriceTable, type FindPrice } from './domain/price-table.ts'
import { type PromptTemplate, parseTemplate } from './domain/prompt-template.ts'
import { readPrices } from './read-prices.ts'
import { gptSettings, gptTracingSettings, providerKeySetting } from './settings.ts'

export interface GptConfig {
  readonly providers: readonly ProviderConfig[]
  readonly catalogue: ModelCatalogue
  readonly findPrice: FindPrice
  readonly templates: ReadonlyMap<string, PromptTemplate>
  readonly tracing: ValuesOf<typeof gptTracingSettings>
  readonly timeouts: {
    readonly connectMs: number
    readonly firstTokenMs: number
    readonly idleMs: number
    readonly answerMs: number
  }
  /** Per provider. */
  readonly connectionsMax: number
}

export type ProviderConfig = SimulatedConfig | RemoteConfig

interface SimulatedConfig {
  readonly kind: 'simulated'
  readonly name: string
  readonly models: readonly CatalogueModel[]
}

/** A provider over HTTP, by the dialect that it speaks. */
export interface RemoteConfig {
  readonly kind: 'openai-compatible' | 'responses' | 'anthropic'
  readonly name: string
  readonly baseUrl: URL
  readonly apiKey: ApiKey | null
  readonly models: readonly CatalogueModel[] | null
  readonly namePrefixes?: readonly string[]
}

const openAiBaseUrl = 'https://api.openai.com/v1'
const anthropicBaseUrl = 'https://api.anthropic.com'
/** What the names of models begin with that every provider of the kind is asked for before others are. */
const anthropicNames = { namePrefixes: ['claude'] }

const simulated: SimulatedConfig = {
  kind: 'simulated',
  name: 'simulated',
  models: [{ id: 'simulated', providerModel: 'simulated', contextTokensMax: 128_000 }],
}

/** Providers in the order in which models are looked up: the environment's, the file's, the simulated one. */
export function loadConfig(env: EnvReader): GptConfig {
  const { connectMs, firstTokenMs, idleMs, answerMs, connectionsMax } = env.readAll(gptSettings)
  const named = readNamedProviders(env)
  const ofEnvironment = [readOpenAi(env), readAnthropic(env)]
    .filter((provider) => provider !== null)
    .filter((provider) => named.every(({ name }) => name !== provider.name))
  const providers = [...ofEnvironment, ...named, simulated]
  return {
    providers,
    catalogue: readCatalogue(env, providers),
    findPrice: createPriceTable(readPrices(env)),
    templates: readTemplates(env),
    tracing: env.readAll(gptTracingSettings),
    timeouts: { connectMs, firstTokenMs, idleMs, answerMs },
    connectionsMax,
  }
}

/** Null when the environment names none. A base URL without a key is a server that wants none. */
function readOpenAi(env: EnvReader): RemoteConfig | null {
  const key = env.read(gptSettings.openAiKey)
  const given = env.read(gptSettings.openAiBaseUrl)
  if (key === null && given === null) return null
  const baseUrl = given ?? new URL(openAiBaseUrl)
  checkBaseUrl(env, 'OPENAI_BASE_URL', baseUrl)
  return { kind: 'openai-compatible', name: 'openai', baseUrl, apiKey: toKey(key), models: null }
}

/** Like the one of OpenAI. */
function readAnthropic(env: EnvReader): RemoteConfig | null {
  const key = env.read(gptSettings.anthropicKey)
  const given = env.read(gptSettings.anthropicBaseUrl)
  if (key === null && given === null) return null
  const baseUrl = given ?? new URL(anthropicBaseUrl)
  checkBaseUrl(env, 'ANTHROPIC_BASE_URL', baseUrl)
  return { kind: 'anthropic', name: 'anthropic', baseUrl, apiKey: toKey(key), models: null, ...anthropicNames }
}

function readNamedProviders(env: EnvReader): RemoteConfig[] {
  const providers: RemoteConfig[] = []
  for (const [name, entry] of Object.entries(env.file.providers ?? {})) {
    const where = `${env.fileName}: providers.${name}`
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(name) || name === simulated.name) {
      env.problem(`${where}: a provider's name is lower-case letters, digits, '-' and '_', and not 'simulated'`)
      continue
    }
    if (typeof entry.baseUrl !== 'string' || !/^https?:\/\//.test(entry.baseUrl) || !URL.canParse(entry.baseUrl)) {
      env.problem(`${where}.baseUrl must be a URL that starts with http:// or https://`)
      continue
    }
    const baseUrl = new URL(entry.baseUrl)
    checkBaseUrl(env, `${where}.baseUrl`, baseUrl)
    const apiKey = entry.apiKeyEnv === undefined ? null : readNamedKey(env, entry.apiKeyEnv, where)
    const models = entry.models === undefined ? null : Object.entries(entry.models).map(toCatalogueModel)
    const { kind = 'openai-compatible' } = entry
    if (kind !== 'openai-compatible' && kind !== 'responses' && kind !== 'anthropic') {
      env.problem(`${where}.kind must be 'openai-compatible', 'responses' or 'anthropic'`)
      continue
    }
    providers.push({ kind, name, baseUrl, apiKey, models, ...(kind === 'anthropic' && anthropicNames) })
  }
  return providers
}

function toCatalogueModel([id, entry]: [
  string,
  { providerModel?: string; contextTokensMax?: number },
]): CatalogueModel {
  return { id, providerModel: entry.providerModel ?? id, contextTokensMax: entry.contextTokensMax ?? null }
}

function checkBaseUrl(env: EnvReader, name: string, url: URL): void {
  if (url.username !== '' || url.password !== '') env.problem(`${name} must not contain a user name or password`)
}

function readNamedKey(env: EnvReader, variable: string, where: string): ApiKey | null {
  const before = env.problems.length
  const key = env.read(providerKeySetting(variable, `The key that ${where}.apiKeyEnv names.`))
  if (key === null && env.problems.length === before) {
    env.problem(`${variable} is missing: ${where}.apiKeyEnv names it`)
  }
  return toKey(key)
}

function toKey(text: string | null): ApiKey | null {
  return text === null ? null : new ApiKey(text)
}

function readCatalogue(env: EnvReader, providers: readonly ProviderConfig[]): ModelCatalogue {
  const wanted = env.read(gptSettings.defaultModel)
  const catalogue = createModelCatalogue({ providers, defaultModel: wanted ?? chooseDefault(env, providers) })
  try {
    catalogue.route(catalogue.defaultModel)
  } catch {
    env.problem(`${wanted === null ? defaultSource(providers) : 'DEFAULT_MODEL'} names a model that no provider serves`)
  }
  return catalogue
}

/** The setting that `chooseDefault` goes by: only that of a remote provider can name a model that nobody serves. */
function defaultSource(providers: readonly ProviderConfig[]): string {
  return providers.some((provider) => provider.name === 'openai') ? 'OPENAI_MODEL' : 'ANTHROPIC_MODEL'
}

function chooseDefault(env: EnvReader, providers: readonly ProviderConfig[]): string {
  if (providers.some((provider) => provider.name === 'openai')) return env.read(gptSettings.openAiModel)
  if (providers.some((provider) => provider.name === 'anthropic')) return env.read(gptSettings.anthropicModel)
  const listed = providers.flatMap((provider) => provider.models ?? [])
  return listed[0]?.id ?? simulated.name
}

function readTemplates(env: EnvReader): Map<string, PromptTemplate> {
  const templates = new Map<string, PromptTemplate>()
  for (const [id, entry] of Object.entries(env.file.templates ?? {})) {
    if (typeof entry.text !== 'string') {
      env.problem(`${env.fileName}: templates.${id}.text must be text`)
      continue
    }
    const template = parseTemplate(id, entry)
    const used = templateVariables(template.parts)
    const declared = entry.variables ?? used
    if (used.length !== declared.length || used.some((name) => !declared.includes(name))) {
      env.problem(`${env.fileName}: templates.${id}.variables differ from the placeholders in its text`)
    }
    templates.set(id, template)
  }
  return templates
}
