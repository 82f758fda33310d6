import { isObject, type JsonObject } from './json-values.ts'
import { garbled, type ProviderIdentity } from './provider-failures.ts'

/** Throws PROVIDER_GARBLED for what is no JSON object. */
export function parseAnswer(text: string, provider: ProviderIdentity): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw garbled(provider, text === '' ? 'its answer is empty' : 'its answer is not JSON')
  }
  if (!isObject(value)) throw garbled(provider, 'its answer is not a JSON object')
  return value
}
