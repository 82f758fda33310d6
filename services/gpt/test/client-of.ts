import { ApiKey } from '../domain/api-key.ts'
import { AnthropicModelClient } from '../infrastructure/anthropic-model-client.ts'
import { OpenAiCompatibleModelClient, responsesWire } from '../infrastructure/openai-compatible-model-client.ts'
import { constantIds, longTimeouts } from './model-steps.ts'

interface ClientOptions {
  key?: string
  timeouts?: typeof longTimeouts
  connectionsMax?: number
}

export function clientOf(baseUrl: URL, more: ClientOptions = {}): OpenAiCompatibleModelClient {
  return new OpenAiCompatibleModelClient(optionsOf(baseUrl, more))
}

export function responsesClientOf(baseUrl: URL, more: ClientOptions = {}): OpenAiCompatibleModelClient {
  return new OpenAiCompatibleModelClient({ ...optionsOf(baseUrl, more), wire: responsesWire })
}

export function anthropicClientOf(baseUrl: URL, more: ClientOptions = {}): AnthropicModelClient {
  return new AnthropicModelClient(optionsOf(baseUrl, more))
}

function optionsOf(baseUrl: URL, { key, timeouts = longTimeouts, connectionsMax = 16 }: ClientOptions) {
  const apiKey = key === undefined ? null : new ApiKey(key)
  return { name: 'up', baseUrl, apiKey, timeouts, connectionsMax, newId: constantIds }
}
