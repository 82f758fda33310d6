import assert from 'node:assert/strict'
import { createOpenAI } from '@ai-sdk/openai'
import { embedMany, generateText } from 'ai'
import { checksOf } from './ai-sdk.mjs'
import { parley } from './support.mjs'

const baseURL = `${parley.url}/v1`
const openai = createOpenAI({ baseURL, apiKey: parley.key })
const model = openai(parley.model)

export const checks = [
  ...checksOf({
    model,
    stranger: createOpenAI({ baseURL, apiKey: 'wrong' })(parley.model),
    unstored: { openai: { store: false } },
  }),
  { capability: 'plain', name: 'embedMany gives vectors', run: embed },
  { capability: 'memory', name: 'previousResponseId remembers', run: chain },
]

async function embed() {
  const { embeddings } = await embedMany({ model: openai.embedding(parley.model), values: ['one', 'two'] })
  assert.equal(embeddings.length, 2)
}

async function chain() {
  const first = await generateText({ model, prompt: 'My name is Ada.' })
  const previousResponseId = first.providerMetadata.openai.responseId
  const second = await generateText({
    model,
    prompt: 'What is my name?',
    providerOptions: { openai: { previousResponseId } },
  })
  assert.match(second.text, /Ada/)
}
