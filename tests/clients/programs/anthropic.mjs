import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import { assertPerson, countAborted, parley, person, slowPrompt, untilAborted, weather } from './support.mjs'

const { model } = parley
const client = new Anthropic({ apiKey: parley.key, baseURL: parley.url })
const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }]
const hello = [{ role: 'user', content: 'Hello' }]

export const checks = [
  { capability: 'plain', name: 'a message answers, and its tokens are counted', run: message },
  { capability: 'streaming', name: 'a stream adds up to its final message', run: stream },
  { capability: 'streaming', name: 'thinking comes as a block of its own', run: think },
  { capability: 'tools', name: 'a tool use is answered by its result', run: useTool },
  { capability: 'tools', name: 'a streamed tool use has its whole input', run: streamTool },
  { capability: 'structured', name: 'an output format gives the object', run: structured },
  { capability: 'memory', name: 'messages sent back are remembered', run: remember },
  { capability: 'memory', name: 'a session header remembers without them', run: rememberSession },
  { capability: 'errors', name: 'each error has its class and type', run: fail },
  { capability: 'cancel', name: 'an aborted stream ends the call of the provider', run: abort },
]

function textOf({ content }) {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

async function message() {
  const answer = await client.messages.create({ model, max_tokens: 200, messages: hello })
  assert.match(textOf(answer), /Hello/)
  assert.equal(answer.stop_reason, 'end_turn')
  const { input_tokens } = await client.messages.countTokens({ model, messages: hello })
  assert.ok(input_tokens > 0)
}

async function stream() {
  const running = client.messages.stream({ model, max_tokens: 200, messages: hello })
  let text = ''
  running.on('text', (delta) => {
    text += delta
  })
  const final = await running.finalMessage()
  assert.equal(textOf(final), text)
  assert.match(text, /Hello/)
  assert.ok(final.usage.output_tokens > 0)
}

async function think() {
  const messages = [{ role: 'user', content: '/simulate reasoning=3\nHello' }]
  const thinking = { type: 'enabled', budget_tokens: 1_024 }
  const final = await client.messages.stream({ model, max_tokens: 2_000, messages, thinking }).finalMessage()
  assert.deepEqual(
    final.content.map(({ type }) => type),
    ['thinking', 'text'],
  )
}

async function useTool() {
  const asked = { role: 'user', content: 'Please use get_weather.' }
  const first = await client.messages.create({ model, max_tokens: 200, tools, messages: [asked] })
  assert.equal(first.stop_reason, 'tool_use')
  const use = first.content.find((block) => block.type === 'tool_use')
  assert.deepEqual(use.input, { city: 'Helsinki' })
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'sunny' }] }
  const messages = [asked, { role: 'assistant', content: first.content }, result]
  const second = await client.messages.create({ model, max_tokens: 200, tools, messages })
  assert.match(textOf(second), /sunny/)
}

async function streamTool() {
  const messages = [{ role: 'user', content: 'Please use get_weather.' }]
  const final = await client.messages.stream({ model, max_tokens: 200, tools, messages }).finalMessage()
  assert.deepEqual(final.content.find((block) => block.type === 'tool_use').input, { city: 'Helsinki' })
}

async function structured() {
  const format = { type: 'json_schema', schema: person }
  const messages = [{ role: 'user', content: 'Who?' }]
  const answer = await client.messages.create({ model, max_tokens: 200, messages, output_config: { format } })
  assertPerson(JSON.parse(textOf(answer)))
}

async function remember() {
  const messages = [
    { role: 'user', content: 'My name is Ada.' },
    { role: 'assistant', content: 'Hello Ada.' },
    { role: 'user', content: 'What is my name?' },
  ]
  assert.match(textOf(await client.messages.create({ model, max_tokens: 200, messages })), /Ada/)
}

async function rememberSession() {
  const opened = await fetch(`${parley.url}/v1/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${parley.key}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const headers = { 'x-parley-session': (await opened.json()).id }
  const say = (content) =>
    client.messages.create({ model, max_tokens: 200, messages: [{ role: 'user', content }] }, { headers })
  await say('My name is Ada.')
  assert.match(textOf(await say('What is my name?')), /Ada/)
}

async function fail() {
  const stranger = new Anthropic({ apiKey: 'wrong', baseURL: parley.url, maxRetries: 0 })
  await assert.rejects(
    stranger.messages.create({ model, max_tokens: 10, messages: hello }),
    (error) => error instanceof Anthropic.AuthenticationError && error.error.error.type === 'authentication_error',
  )
  await assert.rejects(client.messages.create({ model, messages: hello }), Anthropic.BadRequestError)
  const broken = [{ role: 'user', content: '/simulate fail_after=1\nHello' }]
  await assert.rejects(client.messages.stream({ model, max_tokens: 200, messages: broken }).finalMessage())
}

async function abort() {
  const before = await countAborted()
  const messages = [{ role: 'user', content: slowPrompt }]
  const running = client.messages.stream({ model, max_tokens: 2_000, messages })
  running.on('text', () => running.abort())
  await assert.rejects(running.finalMessage(), Anthropic.APIUserAbortError)
  await untilAborted(before)
}
