import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { assertPerson, countAborted, parley, slowPrompt, untilAborted, weather } from './support.mjs'

const { model } = parley
const client = new OpenAI({ apiKey: parley.key, baseURL: `${parley.url}/v1` })
const Person = z.object({ name: z.string(), age: z.number().int() })
const parameters = weather.schema

export const checks = [
  { capability: 'plain', name: 'a chat completion answers', run: chat },
  { capability: 'plain', name: 'a response answers', run: respond },
  { capability: 'plain', name: 'models are listed and embeddings made', run: modelsAndEmbeddings },
  { capability: 'streaming', name: 'a chat stream adds up to its final completion', run: streamChat },
  { capability: 'streaming', name: 'a response stream adds up to its final response', run: streamResponse },
  { capability: 'streaming', name: 'a background stream is resumed where it was left', run: resumeBackground },
  { capability: 'tools', name: 'runTools calls the function and gets the answer', run: chatTools },
  { capability: 'tools', name: 'a function call of a response is answered in the next', run: responseTools },
  { capability: 'structured', name: 'chat.completions.parse gives the object', run: parseChat },
  { capability: 'structured', name: 'responses.parse gives the object', run: parseResponse },
  { capability: 'memory', name: 'a conversation remembers, and lists its items', run: converse },
  { capability: 'memory', name: 'previous_response_id remembers', run: chain },
  { capability: 'errors', name: 'each error has its class, code and parameter', run: fail },
  { capability: 'cancel', name: 'an aborted stream ends the call of the provider', run: abort },
  { capability: 'cancel', name: 'a background response is cancelled', run: cancelBackground },
]

async function chat() {
  const completion = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })
  assert.match(completion.choices[0].message.content, /Hello/)
  assert.ok(completion.usage.total_tokens > 0)
}

async function respond() {
  const response = await client.responses.create({ model, input: 'Hello' })
  assert.equal(response.status, 'completed')
  assert.match(response.output_text, /Hello/)
}

async function modelsAndEmbeddings() {
  const models = await Array.fromAsync(client.models.list())
  assert.ok(models.length > 0)
  const { data } = await client.embeddings.create({ model, input: ['one', 'two'] })
  assert.equal(data.length, 2)
  assert.equal(typeof data[0].embedding[0], 'number')
}

async function streamChat() {
  const stream = client.chat.completions.stream({ model, messages: [{ role: 'user', content: 'Hello' }] })
  let text = ''
  stream.on('content', (delta) => {
    text += delta
  })
  const final = await stream.finalContent()
  assert.equal(text, final)
  assert.match(text, /Hello/)
}

async function streamResponse() {
  const stream = client.responses.stream({ model, input: 'Hello' })
  let text = ''
  for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta
  assert.equal((await stream.finalResponse()).output_text, text)
  assert.match(text, /Hello/)
}

async function resumeBackground() {
  const input = '/simulate chunks=10 interval_ms=20\nHello'
  const stream = await client.responses.create({ model, input, background: true, stream: true })
  const seen = []
  let id = ''
  for await (const event of stream) {
    seen.push(event.sequence_number)
    if (event.type === 'response.created') id = event.response.id
    if (seen.length === 6) break
  }
  const rest = await client.responses.retrieve(id, { stream: true, starting_after: seen.at(-1) })
  let last
  for await (const event of rest) {
    seen.push(event.sequence_number)
    last = event
  }
  assert.deepEqual(
    seen,
    seen.map((_, index) => index),
  )
  assert.equal(last.type, 'response.completed')
}

async function chatTools() {
  const asked = []
  const fn = ({ city }) => {
    asked.push(city)
    return 'sunny'
  }
  const tool = { name: weather.name, description: weather.description, parameters, parse: JSON.parse, function: fn }
  const messages = [{ role: 'user', content: 'Please use get_weather.' }]
  const runner = client.chat.completions.runTools({ model, messages, tools: [{ type: 'function', function: tool }] })
  assert.match(await runner.finalContent(), /sunny/)
  assert.deepEqual(asked, ['Helsinki'])
}

async function responseTools() {
  const tools = [{ type: 'function', name: weather.name, description: weather.description, parameters, strict: true }]
  const first = await client.responses.create({ model, tools, input: 'Please use get_weather.' })
  const call = first.output.find((item) => item.type === 'function_call')
  assert.deepEqual(JSON.parse(call.arguments), { city: 'Helsinki' })
  const output = { type: 'function_call_output', call_id: call.call_id, output: 'sunny' }
  const second = await client.responses.create({ model, tools, previous_response_id: first.id, input: [output] })
  assert.match(second.output_text, /sunny/)
}

async function parseChat() {
  const messages = [{ role: 'user', content: 'Who?' }]
  const format = zodResponseFormat(Person, 'person')
  const completion = await client.chat.completions.parse({ model, messages, response_format: format })
  assertPerson(completion.choices[0].message.parsed)
}

async function parseResponse() {
  const response = await client.responses.parse({
    model,
    input: 'Who?',
    text: { format: zodTextFormat(Person, 'person') },
  })
  assertPerson(response.output_parsed)
}

async function converse() {
  const { id } = await client.conversations.create({ metadata: { topic: 'greeting' } })
  await client.responses.create({ model, conversation: id, input: 'My name is Ada.' })
  const answer = await client.responses.create({ model, conversation: id, input: 'What is my name?' })
  assert.match(answer.output_text, /Ada/)
  const items = await Array.fromAsync(client.conversations.items.list(id, { order: 'asc', limit: 1 }))
  assert.equal(items.length, 4)
  assert.equal((await client.conversations.delete(id)).deleted, true)
}

async function chain() {
  const first = await client.responses.create({ model, input: 'My name is Ada.' })
  const second = await client.responses.create({ model, input: 'What is my name?', previous_response_id: first.id })
  assert.match(second.output_text, /Ada/)
}

async function fail() {
  const stranger = new OpenAI({ apiKey: 'wrong', baseURL: `${parley.url}/v1`, maxRetries: 0 })
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError)
  await assert.rejects(client.responses.retrieve('resp_absent'), OpenAI.NotFoundError)
  const chained = client.responses.create({ model, input: 'Hello', previous_response_id: 'resp_absent' })
  await assert.rejects(chained, { code: 'previous_response_not_found', param: 'previous_response_id' })
  const broken = client.chat.completions.create({ model, messages: [] })
  await assert.rejects(broken, (error) => error instanceof OpenAI.BadRequestError && error.param === 'messages')
  const stream = client.responses.stream({ model, input: '/simulate fail_after=1\nHello' })
  assert.equal((await stream.finalResponse().catch((error) => error)).status === 'completed', false)
}

async function abort() {
  const before = await countAborted()
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: slowPrompt }],
    stream: true,
  })
  for await (const _ of stream) break
  await untilAborted(before)
}

async function cancelBackground() {
  const before = await countAborted()
  const { id } = await client.responses.create({ model, input: slowPrompt, background: true })
  let state = await client.responses.retrieve(id)
  while (state.status === 'queued') state = await client.responses.retrieve(id)
  const cancelled = await client.responses.cancel(id)
  assert.equal(cancelled.status, 'cancelled')
  assert.equal((await client.responses.cancel(id)).status, 'cancelled')
  await untilAborted(before)
}
