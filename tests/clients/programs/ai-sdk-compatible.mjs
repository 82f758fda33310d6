import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { checksOf } from './ai-sdk.mjs'
import { parley } from './support.mjs'

const settings = { name: 'parley', baseURL: `${parley.url}/v1`, includeUsage: true, supportsStructuredOutputs: true }

export const checks = checksOf({
  model: createOpenAICompatible({ ...settings, apiKey: parley.key })(parley.model),
  stranger: createOpenAICompatible({ ...settings, apiKey: 'wrong' })(parley.model),
})
