import assert from 'node:assert/strict'
import { APICallError, generateText, isStepCount, Output, streamText, tool } from 'ai'
import { z } from 'zod'
import { assertPerson, countAborted, slowPrompt, untilAborted } from './support.mjs'

const history = [
  { role: 'user', content: 'My name is Ada.' },
  { role: 'assistant', content: 'Hello Ada.' },
  { role: 'user', content: 'What is my name?' },
]

/**
 * The checks that every provider of the AI SDK goes through. `stranger` is the same model with a wrong key;
 * `unstored` are options for an answer that is not kept.
 */
export function checksOf({ model, stranger, unstored }) {
  return [
    { capability: 'plain', name: 'generateText answers', run: () => generate(model) },
    { capability: 'streaming', name: 'streamText adds up to its final text', run: () => stream(model) },
    { capability: 'tools', name: 'generateText runs the tool and goes on', run: () => useTool(model) },
    { capability: 'tools', name: 'streamText runs the tool and goes on', run: () => streamTool(model) },
    { capability: 'structured', name: 'generateText gives the object', run: () => structured(model) },
    { capability: 'structured', name: 'streamText gives the object', run: () => streamStructured(model) },
    { capability: 'memory', name: 'messages sent back are remembered', run: () => remember(model) },
    { capability: 'errors', name: 'a wrong key and a failing stream are errors', run: () => fail(model, stranger) },
    {
      capability: 'cancel',
      name: 'an aborted stream ends the call of the provider',
      run: () => abort(model, unstored),
    },
  ]
}

function tools(asked) {
  const inputSchema = z.object({ city: z.enum(['Helsinki']) })
  const execute = ({ city }) => {
    asked.push(city)
    return 'sunny'
  }
  return { get_weather: tool({ description: 'The weather in a city', inputSchema, execute }) }
}

function personOutput() {
  return Output.object({ schema: z.object({ name: z.string(), age: z.number().int() }) })
}

async function generate(model) {
  const { text, usage, finishReason } = await generateText({ model, prompt: 'Hello' })
  assert.match(text, /Hello/)
  assert.equal(finishReason, 'stop')
  assert.ok(usage.outputTokens > 0)
}

async function stream(model) {
  const result = streamText({ model, prompt: 'Hello' })
  let text = ''
  for await (const delta of result.textStream) text += delta
  assert.equal(await result.text, text)
  assert.match(text, /Hello/)
}

async function useTool(model) {
  const asked = []
  const prompt = 'Please use get_weather.'
  const { text } = await generateText({ model, prompt, tools: tools(asked), stopWhen: isStepCount(3) })
  assert.deepEqual(asked, ['Helsinki'])
  assert.match(text, /sunny/)
}

async function streamTool(model) {
  const asked = []
  const prompt = 'Please use get_weather.'
  const result = streamText({ model, prompt, tools: tools(asked), stopWhen: isStepCount(3) })
  assert.match(await result.text, /sunny/)
  assert.deepEqual(asked, ['Helsinki'])
}

async function structured(model) {
  const { output } = await generateText({ model, prompt: 'Who?', output: personOutput() })
  assertPerson(output)
}

async function streamStructured(model) {
  const result = streamText({ model, prompt: 'Who?', output: personOutput() })
  assertPerson(await result.output)
}

async function remember(model) {
  const { text } = await generateText({ model, messages: history })
  assert.match(text, /Ada/)
}

async function fail(model, stranger) {
  const refused = generateText({ model: stranger, prompt: 'Hello', maxRetries: 0 })
  await assert.rejects(refused, (error) => APICallError.isInstance(error) && error.statusCode === 401)
  const errors = []
  const onError = ({ error }) => {
    errors.push(error)
  }
  const broken = streamText({ model, prompt: '/simulate fail_after=1\nHello', maxRetries: 0, onError })
  await broken.consumeStream()
  // Over the Responses API an answer that was cut off is incomplete, with its text, rather than an error.
  assert.ok(errors.length > 0 || (await broken.finishReason) === 'other', 'a stream that failed looks whole')
}

async function abort(model, providerOptions) {
  const before = await countAborted()
  const controller = new AbortController()
  const result = streamText({
    model,
    prompt: slowPrompt,
    abortSignal: controller.signal,
    providerOptions,
    onError: () => {},
  })
  for await (const _ of result.textStream) {
    controller.abort()
    break
  }
  await untilAborted(before)
}
