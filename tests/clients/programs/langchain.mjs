import assert from 'node:assert/strict'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { z } from 'zod'
import { assertPerson, countAborted, parley, slowPrompt, untilAborted } from './support.mjs'

const configuration = { baseURL: `${parley.url}/v1` }
const common = { model: parley.model, apiKey: parley.key, configuration, maxRetries: 0 }
const chat = new ChatOpenAI(common)
const responses = new ChatOpenAI({ ...common, useResponsesApi: true })
const unstored = new ChatOpenAI({ ...common, useResponsesApi: true, modelKwargs: { store: false } })
const Person = z.object({ name: z.string(), age: z.number().int() })

const weatherTool = tool(() => 'sunny', {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.enum(['Helsinki']) }),
})

export const checks = [
  { capability: 'plain', name: 'embeddings are made', run: embed },
  { capability: 'errors', name: 'a wrong key is an error of status 401', run: fail },
  ...checksOf('chat', chat, chat),
  { capability: 'errors', name: 'chat: a stream that fails is an error', run: failMidway },
  ...checksOf('responses', responses, unstored),
  { capability: 'errors', name: 'responses: a stream that fails has no usage and no status', run: breakOff },
  { capability: 'memory', name: 'previous_response_id remembers', run: chain },
]

function checksOf(api, model, unstored) {
  return [
    { capability: 'plain', name: `${api}: invoke answers`, run: () => invoke(model) },
    { capability: 'streaming', name: `${api}: stream adds up`, run: () => stream(model) },
    { capability: 'tools', name: `${api}: a tool call is answered by its result`, run: () => useTool(model) },
    { capability: 'structured', name: `${api}: withStructuredOutput gives the object`, run: () => structured(model) },
    { capability: 'memory', name: `${api}: messages sent back are remembered`, run: () => remember(model) },
    {
      capability: 'cancel',
      name: `${api}: an aborted stream ends the call of the provider`,
      run: () => abort(unstored),
    },
  ]
}

async function invoke(model) {
  const message = await model.invoke('Hello')
  assert.match(message.text, /Hello/)
  assert.ok(message.usage_metadata.total_tokens > 0)
}

async function stream(model) {
  let text = ''
  let count = 0
  for await (const chunk of await model.stream('/simulate chunks=4\nHello')) {
    text += chunk.text
    count++
  }
  assert.match(text, /Hello/)
  assert.ok(count >= 4)
}

async function useTool(model) {
  const bound = model.bindTools([weatherTool])
  const asked = new HumanMessage('Please use get_weather.')
  const first = await bound.invoke([asked])
  const [call] = first.tool_calls
  assert.deepEqual(call.args, { city: 'Helsinki' })
  const result = new ToolMessage({ tool_call_id: call.id, content: await weatherTool.invoke(call.args) })
  assert.match((await bound.invoke([asked, first, result])).text, /sunny/)
}

async function structured(model) {
  assertPerson(await model.withStructuredOutput(Person, { method: 'jsonSchema' }).invoke('Who?'))
}

async function remember(model) {
  const told = new HumanMessage('My name is Ada.')
  const first = await model.invoke([told])
  assert.match((await model.invoke([told, first, new HumanMessage('What is my name?')])).text, /Ada/)
}

async function chain() {
  const first = await responses.invoke('My name is Ada.')
  const second = await responses.invoke('What is my name?', { previous_response_id: first.response_metadata.id })
  assert.match(second.text, /Ada/)
}

async function embed() {
  const vectors = await new OpenAIEmbeddings(common).embedDocuments(['one', 'two'])
  assert.equal(vectors.length, 2)
  assert.ok(vectors[0].length > 0)
}

async function fail() {
  await assert.rejects(new ChatOpenAI({ ...common, apiKey: 'wrong' }).invoke('Hello'), { status: 401 })
}

async function failMidway() {
  await assert.rejects(async () => {
    for await (const _ of await chat.stream('/simulate fail_after=1\nHello'));
  })
}

// It reads no `response.failed`: what an answer ends with is missing, and nothing else tells.
async function breakOff() {
  const read = async (prompt) => {
    let whole
    for await (const chunk of await responses.stream(prompt)) whole = whole === undefined ? chunk : whole.concat(chunk)
    return { told: whole.text !== '', usage: whole.usage_metadata, status: whole.response_metadata.status }
  }
  const complete = await read('/simulate chunks=4\nHello')
  assert.deepEqual([complete.told, complete.status, complete.usage.total_tokens > 0], [true, 'completed', true])
  assert.deepEqual(await read('/simulate chunks=4 fail_after=1\nHello'), {
    told: true,
    usage: undefined,
    status: undefined,
  })
}

async function abort(model) {
  const before = await countAborted()
  const controller = new AbortController()
  const consume = async () => {
    for await (const chunk of await model.stream(slowPrompt, { signal: controller.signal })) {
      if (chunk.text !== '') controller.abort()
    }
  }
  await consume().catch(() => {})
  assert.ok(controller.signal.aborted, 'the stream began')
  await untilAborted(before)
}
