import type { Price } from '@parley/kernel/price.ts'

/** Prices in millionths of the currency per million tokens, by a model's name or by `provider/model`. */
export type ModelPrices = Readonly<Record<string, Omit<Price, 'version'>>>

/** The price of a model; null when nobody knows it. */
export type FindPrice = (route: { provider: string; providerModel: string; model: string }) => Price | null

/**
 * Looks prices up in this order: configured ones by `provider/model`, by the provider's name for the model, by the name
 * that was asked for; then the built-in ones, also for dated snapshots (`gpt-5-mini-2025-08-07`). One version names both
 * tables, so that a ledger row says which figures it was made with.
 */
export function createPriceTable(configured: { version: string; models: ModelPrices } | null): FindPrice {
  const version = configured === null ? builtInVersion : `${configured.version}+${builtInVersion}`
  const own = configured?.models ?? {}
  return ({ provider, providerModel, model }) => {
    const found =
      priceOf(own, `${provider}/${providerModel}`) ??
      priceOf(own, providerModel) ??
      priceOf(own, model) ??
      (provider === simulatedProvider ? free : priceOf(builtIn, withoutDate(baseName(providerModel))))
    return found === null ? null : { version, ...found }
  }
}

const simulatedProvider = 'simulated'
const free = { inputMicros: 0, cachedInputMicros: 0, outputMicros: 0 }

/** Names the state of the providers' own price lists that `builtIn` was copied from, in US dollars. */
export const builtInVersion = 'builtin-2025-11'

const builtIn: ModelPrices = {
  'gpt-5': perMillion(1_250_000, 125_000, 10_000_000),
  'gpt-5-mini': perMillion(250_000, 25_000, 2_000_000),
  'gpt-5-nano': perMillion(50_000, 5_000, 400_000),
  'gpt-4.1': perMillion(2_000_000, 500_000, 8_000_000),
  'gpt-4.1-mini': perMillion(400_000, 100_000, 1_600_000),
  'gpt-4.1-nano': perMillion(100_000, 25_000, 400_000),
  'gpt-4o': perMillion(2_500_000, 1_250_000, 10_000_000),
  'gpt-4o-mini': perMillion(150_000, 75_000, 600_000),
  o3: perMillion(2_000_000, 500_000, 8_000_000),
  'o4-mini': perMillion(1_100_000, 275_000, 4_400_000),
  'claude-opus-4-5': perMillion(5_000_000, 500_000, 25_000_000),
  'claude-sonnet-4-5': perMillion(3_000_000, 300_000, 15_000_000),
  'claude-haiku-4-5': perMillion(1_000_000, 100_000, 5_000_000),
  'text-embedding-3-small': perMillion(20_000, 20_000, 0),
  'text-embedding-3-large': perMillion(130_000, 130_000, 0),
}

function perMillion(inputMicros: number, cachedInputMicros: number, outputMicros: number) {
  return { inputMicros, cachedInputMicros, outputMicros }
}

function priceOf(prices: ModelPrices, name: string): Omit<Price, 'version'> | null {
  return Object.hasOwn(prices, name) ? (prices[name] ?? null) : null
}

function baseName(providerModel: string): string {
  return providerModel.slice(providerModel.lastIndexOf('/') + 1)
}

function withoutDate(name: string): string {
  return name.replace(/-(?:20\d{2}-\d{2}-\d{2}|20\d{6})$/, '')
}
