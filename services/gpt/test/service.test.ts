import { test } from 'node:test'
import type { ParleyConfigFile } from '@parley/chassis/config/config-file.ts'
import { type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { GenerationStep } from '@parley/kernel/frames.ts'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { Compile } from 'typebox/compile'
import { loadConfig } from '../config.ts'
import type { Generate } from '../contract.ts'
import { createGpt, type GptOptions } from '../service.ts'
import { userMessage } from './model-steps.ts'

const isStep = Compile(GenerationStep)

function start(env: Env, file: ParleyConfigFile = {}, clock = createFakeClock()) {
  let ids = 0
  const newId: GptOptions['newId'] = (prefix) => `${prefix}_${++ids}`
  const gpt = createGpt({ config: loadConfig(new EnvReader(env, file)), clock, newId })
  return { ...gpt, clock, [Symbol.asyncDispose]: gpt.close }
}

const generate = (text: string, more: Partial<Generate> = {}): Generate => ({
  responseId: 'resp_1',
  attempt: 1,
  model: 'simulated',
  instructions: null,
  items: [userMessage(text)],
  options: {},
  delivery: 'incremental',
  ...more,
})

for (const delivery of ['whole', 'incremental'] as const) {
  test(`${delivery}: steps fit the contract, ids differ, the end names the provider`, async (t) => {
    await using gpt = start({})
    const tools = [{ type: 'function' as const, name: 'f' }]
    const input = generate('/simulate reasoning=2 calls=2\ncall f', { delivery, options: { tools } })
    const steps = await Array.fromAsync(gpt.calls.generate(testContext(), input))
    t.assert.deepEqual(
      steps.filter((step) => !isStep.Check(JSON.parse(JSON.stringify(step)))),
      [],
    )
    const ids = steps.filter((step) => step.type === 'item-start').map((step) => step.item.id)
    t.assert.deepEqual([ids.length, new Set(ids).size], [3, 3])
    const end = steps.at(-1)
    t.assert.equal(end?.type === 'generation-end' && `${end.provider} ${end.providerModel}`, 'simulated simulated')
    t.assert.equal(end?.type === 'generation-end' && end.usage.provenance, 'provider')
  })
}

test('usage that the provider leaves out is counted here, reasoning included', async (t) => {
  await using upstream = await startSimulatedUpstream()
  await using gpt = start({ OPENAI_BASE_URL: upstream.url })
  const input = generate('/simulate usage=missing reasoning=3\nhello', { instructions: 'be brief' })
  for (const [model, provenance] of [
    ['simulated', 'estimated'],
    ['gpt-5-mini', 'exact'],
  ] as const) {
    const steps = await Array.fromAsync(gpt.calls.generate(testContext(), { ...input, model }))
    const end = steps.at(-1)
    if (end?.type !== 'generation-end') throw new Error('no end')
    t.assert.equal(end.usage.provenance, provenance)
    t.assert.equal(end.usage.inputTokens > 10 && end.usage.inputTokens < 30, true)
    t.assert.equal(end.usage.reasoningTokens > 0 && end.usage.reasoningTokens < end.usage.outputTokens, true)
  }
})

test('models come from the configuration and from providers without a list', async (t) => {
  await using upstream = await startSimulatedUpstream()
  const local = { baseUrl: upstream.url, models: { tiny: { contextTokensMax: 9 } } }
  await using gpt = start({ OPENAI_BASE_URL: upstream.url }, { providers: { local } })
  const { models, defaultModel } = await gpt.calls.listModels(testContext(), {})
  t.assert.deepEqual(
    models.map(({ id, provider, contextTokensMax }) => `${id} ${provider} ${contextTokensMax}`),
    ['openai/simulated openai 128000', 'tiny local 9', 'simulated simulated 128000', 'gpt-5-mini openai 400000'],
  )
  t.assert.equal(defaultModel, 'gpt-5-mini')
  for (const { id, provider } of models) {
    t.assert.equal((await gpt.calls.getModel(testContext(), { model: id })).provider, provider)
  }
})

test('a provider that cannot be asked does not stop the list, and is asked again later', async (t) => {
  const upstream = await startSimulatedUpstream()
  await using gpt = start({ OPENAI_BASE_URL: upstream.url })
  const ids = async () => (await gpt.calls.listModels(testContext(), {})).models.map((model) => model.id)
  await upstream.close()
  t.assert.deepEqual(await ids(), ['simulated', 'gpt-5-mini'])
  const port = Number(new URL(upstream.url).port)
  await using _again = await startSimulatedUpstream({ port })
  t.assert.deepEqual(await ids(), ['simulated', 'gpt-5-mini'])
  gpt.clock.advance(60_000)
  t.assert.deepEqual(await ids(), ['openai/simulated', 'simulated', 'gpt-5-mini'])
})

test('tokens are counted with their provenance', async (t) => {
  await using gpt = start({ OPENAI_API_KEY: 'k' })
  const count = (model: string, items = [userMessage('hello world')]) =>
    gpt.calls.countTokens(testContext(), { model, instructions: 'hello world', items })
  t.assert.deepEqual(await count('gpt-5-mini'), { tokens: 13, provenance: 'exact' })
  t.assert.equal((await count('simulated')).provenance, 'estimated')
  const image = { ...userMessage('x'), content: [{ type: 'input_image' as const, image_url: 'data:,' }] }
  t.assert.deepEqual((await count('gpt-5-mini', [image as never])).provenance, 'estimated')
})

test('an unknown model is refused by every call that takes one', async (t) => {
  await using gpt = start({})
  const context = testContext()
  const refused = { code: 'MODEL_NOT_FOUND', param: 'model' }
  await t.assert.rejects(gpt.calls.getModel(context, { model: 'x' }), refused)
  await t.assert.rejects(gpt.calls.countTokens(context, { model: 'x', instructions: null, items: [] }), refused)
  await t.assert.rejects(Array.fromAsync(gpt.calls.generate(context, generate('hi', { model: 'x' }))), refused)
})

const templates = { greet: { version: '2', text: 'Hello {{name}}' }, plain: { text: 'Hi' } }

test('prompts are rendered from their templates', async (t) => {
  await using gpt = start({}, { templates })
  const render = (ref: Parameters<typeof gpt.calls.renderPrompt>[1]) => gpt.calls.renderPrompt(testContext(), ref)
  t.assert.deepEqual(await render({ id: 'greet', version: '2', variables: { name: 'Ada' } }), {
    instructions: 'Hello Ada',
  })
  t.assert.deepEqual(await render({ id: 'plain', version: null, variables: null }), { instructions: 'Hi' })
  await t.assert.rejects(render({ id: 'other' }), { code: 'TEMPLATE_NOT_FOUND', param: 'prompt.id' })
  await t.assert.rejects(render({ id: '__proto__' }), { code: 'TEMPLATE_NOT_FOUND' })
  await t.assert.rejects(render({ id: 'greet', version: '1' }), { code: 'TEMPLATE_NOT_FOUND', param: 'prompt.version' })
  await t.assert.rejects(render({ id: 'plain', version: '1' }), { code: 'TEMPLATE_NOT_FOUND' })
  await t.assert.rejects(render({ id: 'greet' }), { code: 'INVALID_REQUEST', param: 'prompt.variables.name' })
})

test('the tables of the tokenizer are loaded only when they are needed', async (t) => {
  await using gpt = start({})
  await Array.fromAsync(gpt.calls.generate(testContext(), generate('hi')))
  const { execFileSync } = await import('node:child_process')
  const script = `await import(${JSON.stringify(new URL('../service.ts', import.meta.url).href)})
    console.log(process.memoryUsage().rss)`
  const rss = Number(execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString())
  t.assert.equal(rss < 120 * 1024 * 1024, true, `${Math.round(rss / 1e6)} MB`)
})
