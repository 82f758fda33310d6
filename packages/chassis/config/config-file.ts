/**
 * The optional typed configuration file, `parley.config.ts`, in the folder the process starts in. It holds what does not
 * fit an environment variable; secrets stay in the environment and are named here by their variable.
 */
export interface ParleyConfigFile {
  /** Named OpenAI-compatible providers, in the order in which models are looked up. */
  readonly providers?: Readonly<Record<string, ProviderEntry>>
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
