import { test } from 'node:test'
import { createModelCatalogue } from '../../domain/model-catalogue.ts'

const model = (id: string, providerModel = id, contextTokensMax: number | null = null) => {
  return { id, providerModel, contextTokensMax }
}
const closed = { name: 'closed', models: [model('small', 'tiny-1b', 4_096), model('shared')] }
const second = { name: 'second', models: [model('shared', 'other'), model('large')] }
const open = { name: 'open', models: null }
const simulated = { name: 'simulated', models: [model('simulated')] }

const catalogue = createModelCatalogue({ providers: [closed, second, open, simulated], defaultModel: 'small' })

for (const [name, provider, providerModel] of [
  ['small', 'closed', 'tiny-1b'],
  ['shared', 'closed', 'shared'],
  ['second/shared', 'second', 'other'],
  ['simulated', 'simulated', 'simulated'],
  ['simulated/simulated', 'simulated', 'simulated'],
  ['gpt-5', 'open', 'gpt-5'],
  ['open/gpt-5', 'open', 'gpt-5'],
  ['open/simulated', 'open', 'simulated'],
  ['meta-llama/llama-3', 'open', 'meta-llama/llama-3'],
  ['second/unknown', 'open', 'second/unknown'],
] as const) {
  test(`'${name}' is routed to ${provider} as '${providerModel}'`, (t) => {
    const route = catalogue.route(name)
    t.assert.deepEqual([route.provider, route.providerModel, route.model], [provider, providerModel, name])
  })
}

test('without an open provider an unknown name is refused, naming those that exist', (t) => {
  const fixed = createModelCatalogue({ providers: [closed, simulated], defaultModel: 'simulated' })
  for (const name of ['gpt-5', '', 'closed/', '/small', 'closed/gpt-5', '__proto__', 'constructor']) {
    t.assert.throws(() => fixed.route(name), {
      code: 'MODEL_NOT_FOUND',
      param: 'model',
      message: /'simulated', 'small', 'shared'/,
    })
  }
})

test('a long list of models is shortened in the message', (t) => {
  const models = Array.from({ length: 100 }, (_value, index) => model(`m${index}`))
  const fixed = createModelCatalogue({ providers: [{ name: 'p', models }], defaultModel: 'm0' })
  t.assert.throws(
    () => fixed.route('x'.repeat(10_000)),
    (error: Error) => error.message.length < 500,
  )
})

test('the context window is the configured one, else the documented one of the family', (t) => {
  t.assert.equal(catalogue.route('small').contextTokensMax, 4_096)
  t.assert.equal(catalogue.route('gpt-4o-mini').contextTokensMax, 128_000)
  t.assert.equal(catalogue.route('gpt-4-0613').contextTokensMax, 8_192)
  t.assert.equal(catalogue.route('openai/gpt-5-mini').contextTokensMax, 400_000)
  t.assert.equal(catalogue.route('unheard-of').contextTokensMax, 128_000)
})

test('names that a provider without a list claims lead to it, wherever it stands', (t) => {
  const open = { name: 'first', models: null }
  const claiming = { name: 'second', models: null, namePrefixes: ['claude'] }
  const catalogue = createModelCatalogue({ providers: [open, claiming], defaultModel: 'm' })
  t.assert.equal(catalogue.route('claude-sonnet').provider, 'second')
  t.assert.equal(catalogue.route('gpt').provider, 'first')
  t.assert.equal(catalogue.route('first/claude-sonnet').provider, 'first')
  const alone = createModelCatalogue({ providers: [claiming], defaultModel: 'm' })
  t.assert.equal(alone.route('gpt').provider, 'second')
})
