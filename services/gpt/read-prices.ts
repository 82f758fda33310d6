import type { PriceEntry } from '@parley/chassis/config/config-file.ts'
import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import type { ModelPrices } from './domain/price-table.ts'

const microsPerUnit = 1_000_000
const unitsMax = 1_000_000
const versionPattern = /^[!-~]{1,60}$/

/** The prices of the configuration file in millionths; null when it has none. Problems stay with the reader. */
export function readPrices(env: EnvReader): { version: string; models: ModelPrices } | null {
  const { prices } = env.file
  if (prices === undefined) return null
  if (typeof prices.version !== 'string' || !versionPattern.test(prices.version)) {
    env.problem(`${env.fileName}: prices.version must be 1 to 60 visible ASCII characters`)
  }
  const models = Object.entries(prices.models ?? {}).map(([model, entry]) => [model, readPrice(env, model, entry)])
  return { version: prices.version, models: Object.fromEntries(models) }
}

function readPrice(env: EnvReader, model: string, { input, cachedInput = input, output }: PriceEntry) {
  const where = `${env.fileName}: prices.models.${model}`
  return {
    inputMicros: toMicros(env, `${where}.input`, input),
    cachedInputMicros: toMicros(env, `${where}.cachedInput`, cachedInput),
    outputMicros: toMicros(env, `${where}.output`, output),
  }
}

/** Decimals end here: whatever is finer than a millionth is refused, not rounded. */
function toMicros(env: EnvReader, name: string, units: number): number {
  const micros = Math.round(units * microsPerUnit)
  if (units >= 0 && units <= unitsMax && Math.abs(units * microsPerUnit - micros) < 1e-4) return micros
  env.problem(`${name} must be a number from 0 to ${unitsMax} with at most six decimals`)
  return 0
}
