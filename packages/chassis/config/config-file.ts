/**
 * The optional typed configuration file, `parley.config.ts`, in the folder the process starts in. It holds what does not
 * fit an environment variable; secrets stay in the environment and are named here by their variable.
 */
export interface ParleyConfigFile {
  /** Named OpenAI-compatible providers, in the order in which models are looked up. */
  readonly providers?: Readonly<Record<string, ProviderEntry>>
  /** What models cost: overrules and adds to the built-in table. */
  readonly prices?: PricesEntry
  /** Prompt templates by id. */
  readonly templates?: Readonly<Record<string, TemplateEntry>>
  /** Post-processing steps, in order; the names of files in `services/response/application/steps/`. */
  readonly postProcessing?: readonly string[]
}

export interface ProviderEntry {
  /** The API root, as the provider's documentation gives it: `https://api.example.com/v1`. */
  readonly baseUrl: string
  /** The environment variable that holds the key; absent when the provider needs none. */
  readonly apiKeyEnv?: string
  /** Models served under their own names; omitted entries are looked up at the provider. */
  readonly models?: Readonly<Record<string, ModelEntry>>
}

export interface ModelEntry {
  /** The provider's name for it, when it differs. */
  readonly providerModel?: string
  /** Input and output together, in tokens. */
  readonly contextTokensMax?: number
}

export interface PricesEntry {
  /** Names this state of the prices; every ledger row carries it. Change it with the figures. */
  readonly version: string
  /** By a model's name, or by `provider/model`. */
  readonly models: Readonly<Record<string, PriceEntry>>
}

/** In units of the one currency that all prices and budgets are in, per million tokens, as providers publish them. */
export interface PriceEntry {
  readonly input: number
  /** Input that the provider had cached; the price of other input when absent. */
  readonly cachedInput?: number
  readonly output: number
}

export interface TemplateEntry {
  readonly version?: string
  /** Text with `{{name}}` placeholders. */
  readonly text: string
  readonly variables?: readonly string[]
}

/** Gives the file its type: `export default defineConfig({ … })`. */
export function defineConfig(config: ParleyConfigFile): ParleyConfigFile {
  return config
}
