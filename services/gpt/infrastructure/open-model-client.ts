import type { RemoteConfig } from '../config.ts'
import { AnthropicModelClient } from './anthropic-model-client.ts'
import {
  OpenAiCompatibleModelClient,
  type OpenAiCompatibleOptions,
  responsesWire,
} from './openai-compatible-model-client.ts'

export type RemoteModelClient = AnthropicModelClient | OpenAiCompatibleModelClient

/** The client for a provider over HTTP, by the dialect that it speaks. */
export function openModelClient(
  options: Omit<OpenAiCompatibleOptions, 'wire'> & Pick<RemoteConfig, 'kind'>,
): RemoteModelClient {
  switch (options.kind) {
    case 'anthropic':
      return new AnthropicModelClient(options)
    case 'responses':
      return new OpenAiCompatibleModelClient({ ...options, wire: responsesWire })
    case 'openai-compatible':
      return new OpenAiCompatibleModelClient(options)
  }
}
