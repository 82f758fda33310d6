import type { ConfigFile, PriceEntry as Price } from './config-file-schema.ts'

/**
 * What `parley.config.ts` may say; `config-file-schema.ts` describes each field. Programs that only write the file are
 * spared the schema itself.
 */
export type ParleyConfigFile = DeepReadonly<ConfigFile>

export type PriceEntry = DeepReadonly<Price>

type DeepReadonly<T> = T extends object ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> } : T

/** Gives the file its type: `export default defineConfig({ … })`. */
export function defineConfig(config: ParleyConfigFile): ParleyConfigFile {
  return config
}
