import { ApiKey } from '../domain/api-key.ts'
import { OpenAiCompatibleModelClient } from '../infrastructure/openai-compatible-model-client.ts'
import { constantIds, longTimeouts } from './model-steps.ts'

export function clientOf(
  baseUrl: URL,
  more: { key?: string; timeouts?: typeof longTimeouts; connectionsMax?: number } = {},
) {
  const { key, timeouts = longTimeouts, connectionsMax = 16 } = more
  const apiKey = key === undefined ? null : new ApiKey(key)
  return new OpenAiCompatibleModelClient({ name: 'up', baseUrl, apiKey, timeouts, connectionsMax, newId: constantIds })
}
