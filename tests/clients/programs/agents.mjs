import assert from 'node:assert/strict'
import { Agent, OpenAIConversationsSession, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents'
import { z } from 'zod'
import { assertPerson, countAborted, parley, slowPrompt, untilAborted } from './support.mjs'

setTracingDisabled(true)
const settings = { apiKey: parley.key, baseURL: `${parley.url}/v1` }
const runners = {
  responses: new Runner({ modelProvider: new OpenAIProvider({ ...settings, useResponses: true }) }),
  chat: new Runner({ modelProvider: new OpenAIProvider({ ...settings, useResponses: false }) }),
}
const agent = new Agent({ name: 'Assistant', instructions: 'Be brief.', model: parley.model })

export const checks = [
  ...Object.entries(runners).flatMap(([api, runner]) => checksOf(api, runner)),
  { capability: 'memory', name: 'a conversations session remembers, pops and clears', run: rememberSession },
  { capability: 'memory', name: 'previousResponseId remembers', run: chain },
  { capability: 'tools', name: 'an agent hands over to another', run: handOver },
  { capability: 'errors', name: 'a wrong key is an error of status 401', run: fail },
]

function checksOf(api, runner) {
  return [
    { capability: 'plain', name: `${api}: run answers`, run: () => answer(runner) },
    { capability: 'streaming', name: `${api}: a streamed run adds up`, run: () => stream(runner) },
    { capability: 'tools', name: `${api}: the tool is run and the answer quotes it`, run: () => useTool(runner) },
    { capability: 'structured', name: `${api}: outputType gives the object`, run: () => structured(runner) },
    { capability: 'memory', name: `${api}: the history sent back is remembered`, run: () => remember(runner) },
    { capability: 'errors', name: `${api}: a stream that fails is an error`, run: () => failMidway(runner) },
    { capability: 'cancel', name: `${api}: an aborted run ends the call of the provider`, run: () => abort(runner) },
  ]
}

async function answer(runner) {
  assert.match((await runner.run(agent, 'Hello')).finalOutput, /Hello/)
}

async function stream(runner) {
  const result = await runner.run(agent, 'Hello', { stream: true })
  let text = ''
  for await (const part of result.toTextStream()) text += part
  await result.completed
  assert.equal(result.finalOutput, text)
  assert.match(text, /Hello/)
}

function weatherAgent(asked) {
  const execute = ({ city }) => {
    asked.push(city)
    return 'sunny'
  }
  const parameters = z.object({ city: z.enum(['Helsinki']) })
  return agent.clone({ tools: [tool({ name: 'get_weather', description: 'The weather', parameters, execute })] })
}

async function useTool(runner) {
  const asked = []
  const result = await runner.run(weatherAgent(asked), 'Please use get_weather.')
  assert.deepEqual(asked, ['Helsinki'])
  assert.match(result.finalOutput, /sunny/)
}

async function handOver() {
  const second = new Agent({ name: 'Specialist', instructions: 'Help.', model: parley.model })
  const first = Agent.create({ name: 'Front', model: parley.model, handoffs: [second] })
  const result = await runners.responses.run(first, 'Please use transfer_to_specialist.')
  assert.equal(result.lastAgent.name, 'Specialist')
}

async function structured(runner) {
  const typed = agent.clone({ outputType: z.object({ name: z.string(), age: z.number().int() }) })
  assertPerson((await runner.run(typed, 'Who?')).finalOutput)
}

async function remember(runner) {
  const first = await runner.run(agent, 'My name is Ada.')
  const input = [...first.history, { role: 'user', content: 'What is my name?' }]
  assert.match((await runner.run(agent, input)).finalOutput, /Ada/)
}

async function rememberSession() {
  const session = new OpenAIConversationsSession(settings)
  await runners.responses.run(agent, 'My name is Ada.', { session })
  const asked = []
  await runners.responses.run(weatherAgent(asked), 'Please use get_weather.', { session })
  const { finalOutput } = await runners.responses.run(agent, 'What is my name?', { session })
  assert.match(finalOutput, /Ada/)
  const items = await session.getItems()
  assert.deepEqual(
    items.map(({ type, role }) => role ?? type),
    ['user', 'assistant', 'user', 'function_call', 'function_call_result', 'assistant', 'user', 'assistant'],
  )
  await session.popItem()
  assert.equal((await session.getItems()).length, items.length - 1)
  assert.equal((await session.getItems(2)).length, 2)
  await session.clearSession()
}

async function chain() {
  const first = await runners.responses.run(agent, 'My name is Ada.')
  const second = await runners.responses.run(agent, 'What is my name?', { previousResponseId: first.lastResponseId })
  assert.match(second.finalOutput, /Ada/)
}

async function fail() {
  const modelProvider = new OpenAIProvider({ ...settings, apiKey: 'wrong' })
  await assert.rejects(new Runner({ modelProvider }).run(agent, 'Hello'), { status: 401 })
}

async function failMidway(runner) {
  await assert.rejects(async () => {
    const result = await runner.run(agent, '/simulate fail_after=1\nHello', { stream: true })
    for await (const _ of result);
    await result.completed
  })
}

async function abort(runner) {
  const before = await countAborted()
  const controller = new AbortController()
  const consume = async () => {
    // A response that is stored goes on without its client.
    const unstored = agent.clone({ modelSettings: { store: false } })
    const result = await runner.run(unstored, slowPrompt, { stream: true, signal: controller.signal })
    for await (const _ of result.toTextStream()) controller.abort()
    await result.completed
  }
  await consume().catch(() => {})
  assert.ok(controller.signal.aborted, 'the stream began')
  await untilAborted(before)
}
