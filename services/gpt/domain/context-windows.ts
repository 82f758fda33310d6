/**
 * Context windows that providers document, by how a model's name starts, longest first. Only used for models whose
 * configuration does not say.
 */
const knownWindows: readonly (readonly [prefix: string, tokens: number])[] = [
  ['gpt-4.1', 1_047_576],
  ['gpt-4o', 128_000],
  ['gpt-4-turbo', 128_000],
  ['gpt-4-32k', 32_768],
  ['gpt-4', 8_192],
  ['gpt-3.5', 16_385],
  ['gpt-oss', 131_072],
  ['gpt-5', 400_000],
  ['o1', 200_000],
  ['o3', 200_000],
  ['o4', 200_000],
  ['claude', 200_000],
]

const contextTokensDefault = 128_000

/** The longest answers that providers document, by how a model's name starts, longest first. */
const knownOutputs: readonly (readonly [prefix: string, tokens: number])[] = [
  ['gpt-4.1', 32_768],
  ['gpt-4o', 16_384],
  ['gpt-4-turbo', 4_096],
  ['gpt-4', 8_192],
  ['gpt-3.5', 4_096],
  ['gpt-5', 128_000],
  ['o1', 100_000],
  ['o3', 100_000],
  ['o4', 100_000],
  ['claude-3-5', 8_192],
  ['claude-3-7', 64_000],
  ['claude-3', 4_096],
  ['claude-opus-4-1', 32_000],
  ['claude-opus-4-2', 32_000],
  ['claude', 64_000],
]

/** Null when nobody documents it. */
export function outputTokensOf(providerModel: string): number | null {
  const name = providerModel.slice(providerModel.lastIndexOf('/') + 1)
  return knownOutputs.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null
}

export function contextTokensOf(providerModel: string): number {
  const name = providerModel.slice(providerModel.lastIndexOf('/') + 1)
  return knownWindows.find(([prefix]) => name.startsWith(prefix))?.[1] ?? contextTokensDefault
}
