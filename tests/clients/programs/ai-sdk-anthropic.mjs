import { createAnthropic } from '@ai-sdk/anthropic'
import { checksOf } from './ai-sdk.mjs'
import { parley } from './support.mjs'

const baseURL = `${parley.url}/v1`

export const checks = checksOf({
  model: createAnthropic({ baseURL, apiKey: parley.key })(parley.model),
  stranger: createAnthropic({ baseURL, apiKey: 'wrong' })(parley.model),
})
