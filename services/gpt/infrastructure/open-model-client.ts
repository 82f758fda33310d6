import { AnthropicModelClient } from './anthropic-model-client.ts'
import { OpenAiCompatibleModelClient, type OpenAiCompatibleOptions } from './openai-compatible-model-client.ts'

export type RemoteModelClient = AnthropicModelClient | OpenAiCompatibleModelClient

/** The client for a provider over HTTP, by the dialect that it speaks. */
export function openModelClient(
  options: OpenAiCompatibleOptions & { readonly kind: 'openai-compatible' | 'anthropic' },
): RemoteModelClient {
  return options.kind === 'anthropic' ? new AnthropicModelClient(options) : new OpenAiCompatibleModelClient(options)
}
