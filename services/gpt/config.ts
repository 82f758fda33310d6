import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { templateVariables } from '@parley/kernel/prompt-template.ts'
import { ApiKey } from './domain/api-key.ts'
import { type CatalogueModel, createModelCatalogue, type ModelCatalogue } from './domain/model-catalogue.ts'
import { createPriceTable, type FindPrice } from './domain/price-table.ts'
import { type PromptTemplate, parseTemplate } from './domain/prompt-template.ts'
import { readPrices } from './read-prices.ts'

export interface GptConfig {
  readonly providers: readonly ProviderConfig[]
  readonly catalogue: ModelCatalogue
  readonly findPrice: FindPrice
  readonly templates: ReadonlyMap<string, PromptTemplate>
  readonly timeouts: {
    readonly connectMs: number
    readonly firstTokenMs: number
    readonly idleMs: number
    readonly answerMs: number
  }
  /** Per provider. */
  readonly connectionsMax: number
}

export type ProviderConfig = SimulatedConfig | OpenAiCompatibleConfig

interface SimulatedConfig {
  readonly kind: 'simulated'
  readonly name: string
  readonly models: readonly CatalogueModel[]
}

export interface OpenAiCompatibleConfig {
  readonly kind: 'openai-compatible'
  readonly name: string
  readonly baseUrl: URL
  readonly apiKey: ApiKey | null
  readonly models: readonly CatalogueModel[] | null
}

const openAiBaseUrl = 'https://api.openai.com/v1'
const openAiModel = 'gpt-5-mini'

const simulated: SimulatedConfig = {
  kind: 'simulated',
  name: 'simulated',
  models: [{ id: 'simulated', providerModel: 'simulated', contextTokensMax: 128_000 }],
}

/** Providers in the order in which models are looked up: the environment's, the file's, the simulated one. */
export function loadConfig(env: EnvReader): GptConfig {
  const named = readNamedProviders(env)
  const openAi = named.some((provider) => provider.name === 'openai') ? null : readOpenAi(env)
  const providers = [...(openAi === null ? [] : [openAi]), ...named, simulated]
  return {
    providers,
    catalogue: readCatalogue(env, providers),
    findPrice: createPriceTable(readPrices(env)),
    templates: readTemplates(env),
    timeouts: {
      connectMs: readTimeout(env, 'GPT_CONNECT_TIMEOUT_MS', 10_000),
      firstTokenMs: readTimeout(env, 'GPT_FIRST_TOKEN_TIMEOUT_MS', 60_000),
      idleMs: readTimeout(env, 'GPT_IDLE_TIMEOUT_MS', 30_000),
      answerMs: readTimeout(env, 'GPT_ANSWER_TIMEOUT_MS', 10 * 60_000),
    },
    connectionsMax: env.integer('GPT_CONNECTIONS_MAX', { fallback: 1_024, min: 1, max: 20_000 }),
  }
}

/** Null when the environment names none. A base URL without a key is a server that wants none. */
function readOpenAi(env: EnvReader): OpenAiCompatibleConfig | null {
  const key = env.text('OPENAI_API_KEY')
  const given = env.url('OPENAI_BASE_URL', { protocols: ['http:', 'https:'] })
  if (key === null && given === null) return null
  const baseUrl = given ?? new URL(openAiBaseUrl)
  checkBaseUrl(env, 'OPENAI_BASE_URL', baseUrl)
  return { kind: 'openai-compatible', name: 'openai', baseUrl, apiKey: toKey(env, 'OPENAI_API_KEY'), models: null }
}

function readNamedProviders(env: EnvReader): OpenAiCompatibleConfig[] {
  const providers: OpenAiCompatibleConfig[] = []
  for (const [name, entry] of Object.entries(env.file.providers ?? {})) {
    const where = `parley.config.ts: providers.${name}`
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
    const { apiKeyEnv } = entry
    if (apiKeyEnv !== undefined && env.text(apiKeyEnv) === null) {
      env.problem(`${apiKeyEnv} is missing: ${where}.apiKeyEnv names it`)
    }
    const apiKey = apiKeyEnv === undefined ? null : toKey(env, apiKeyEnv)
    const models = entry.models === undefined ? null : Object.entries(entry.models).map(toCatalogueModel)
    providers.push({ kind: 'openai-compatible', name, baseUrl, apiKey, models })
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

/** A key goes into a header: anything but visible ASCII would fail there, at every call. */
function toKey(env: EnvReader, variable: string): ApiKey | null {
  const text = env.text(variable)
  if (text === null) return null
  if (!/^[\x21-\x7e]+$/.test(text)) env.problem(`${variable} must be visible ASCII without spaces`)
  return new ApiKey(text)
}

function readCatalogue(env: EnvReader, providers: readonly ProviderConfig[]): ModelCatalogue {
  const wanted = env.text('DEFAULT_MODEL')
  const catalogue = createModelCatalogue({ providers, defaultModel: wanted ?? chooseDefault(env, providers) })
  try {
    catalogue.route(catalogue.defaultModel)
  } catch {
    env.problem(`${wanted === null ? 'OPENAI_MODEL' : 'DEFAULT_MODEL'} names a model that no provider serves`)
  }
  return catalogue
}

function chooseDefault(env: EnvReader, providers: readonly ProviderConfig[]): string {
  if (providers.some((provider) => provider.name === 'openai')) return env.text('OPENAI_MODEL') ?? openAiModel
  const listed = providers.flatMap((provider) => provider.models ?? [])
  return listed[0]?.id ?? simulated.name
}

function readTemplates(env: EnvReader): Map<string, PromptTemplate> {
  const templates = new Map<string, PromptTemplate>()
  for (const [id, entry] of Object.entries(env.file.templates ?? {})) {
    if (typeof entry.text !== 'string') {
      env.problem(`parley.config.ts: templates.${id}.text must be text`)
      continue
    }
    const template = parseTemplate(id, entry)
    const used = templateVariables(template.parts)
    const declared = entry.variables ?? used
    if (used.length !== declared.length || used.some((name) => !declared.includes(name))) {
      env.problem(`parley.config.ts: templates.${id}.variables differ from the placeholders in its text`)
    }
    templates.set(id, template)
  }
  return templates
}

function readTimeout(env: EnvReader, name: string, fallback: number): number {
  return env.integer(name, { fallback, min: 1, max: 24 * 60 * 60_000 })
}
