import { createOpenAI } from '@ai-sdk/openai'
import { checksOf } from './ai-sdk.mjs'
import { parley } from './support.mjs'

const baseURL = `${parley.url}/v1`

export const checks = checksOf({
  model: createOpenAI({ baseURL, apiKey: parley.key }).chat(parley.model),
  stranger: createOpenAI({ baseURL, apiKey: 'wrong' }).chat(parley.model),
})
