import { test } from 'node:test'
import { inspect } from 'node:util'
import type { ParleyConfigFile } from '@parley/chassis/config/config-file.ts'
import { ConfigError, type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { type GptConfig, loadConfig } from '../config.ts'

function load(env: Env, file: ParleyConfigFile = {}): GptConfig {
  const reader = new EnvReader(env, file)
  const config = loadConfig(reader)
  reader.throwIfProblems()
  return config
}

function problemsOf(env: Env, file: ParleyConfigFile = {}): readonly string[] {
  try {
    load(env, file)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const providerOf = (config: GptConfig, model: string) => {
  const { provider, providerModel } = config.catalogue.route(model)
  return `${provider}: ${providerModel}`
}

test('without any provider the simulated model answers', (t) => {
  const config = load({})
  t.assert.deepEqual(
    config.providers.map((provider) => provider.name),
    ['simulated'],
  )
  t.assert.equal(config.catalogue.defaultModel, 'simulated')
})

test('a key alone means OpenAI; the simulated model is still there by name', (t) => {
  const config = load({ OPENAI_API_KEY: 'sk-canary' })
  const [openAi] = config.providers
  t.assert.equal(openAi?.kind === 'openai-compatible' && openAi.baseUrl.href, 'https://api.openai.com/v1')
  t.assert.equal(openAi?.kind === 'openai-compatible' && openAi.apiKey?.reveal(), 'sk-canary')
  t.assert.equal(config.catalogue.defaultModel, 'gpt-5-mini')
  t.assert.equal(providerOf(config, 'simulated'), 'simulated: simulated')
  t.assert.equal(providerOf(config, 'anything'), 'openai: anything')
})

test('a key of Anthropic means Anthropic, which names that begin with claude lead to', (t) => {
  const config = load({ ANTHROPIC_API_KEY: 'sk-ant-canary' })
  const [anthropic] = config.providers
  t.assert.equal(anthropic?.kind === 'anthropic' && anthropic.baseUrl.href, 'https://api.anthropic.com/')
  t.assert.equal(config.catalogue.defaultModel, 'claude-sonnet-5-5')
  const both = load({ ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o' })
  t.assert.equal(providerOf(both, 'claude-x'), 'anthropic: claude-x')
  t.assert.equal(providerOf(both, 'anything'), 'openai: anything')
  t.assert.equal(both.catalogue.defaultModel, 'gpt-5-mini')
  const file = { providers: { anthropic: { kind: 'anthropic' as const, baseUrl: 'http://h', models: { c: {} } } } }
  const named = load({ ANTHROPIC_API_KEY: 'a', ANTHROPIC_MODEL: 'c' }, file)
  t.assert.match(problemsOf({ ANTHROPIC_API_KEY: 'a' }, file)[0] ?? '', /^ANTHROPIC_MODEL names/)
  t.assert.equal(named.providers.length, 2)
  t.assert.equal(providerOf(named, 'c'), 'anthropic: c')
})

test('a base URL alone means a server without a key', (t) => {
  const config = load({ OPENAI_BASE_URL: 'http://localhost:11434/v1', OPENAI_MODEL: 'qwen3:4b' })
  const [openAi] = config.providers
  t.assert.equal(openAi?.kind === 'openai-compatible' && openAi.apiKey, null)
  t.assert.equal(config.catalogue.defaultModel, 'qwen3:4b')
})

test('named providers come after the environment’s, before the simulated one', (t) => {
  const file = {
    providers: {
      groq: {
        baseUrl: 'https://api.groq.com/openai/v1',
        apiKeyEnv: 'GROQ_KEY',
        models: { fast: { providerModel: 'x-1' } },
      },
      local: { baseUrl: 'http://127.0.0.1:8080/v1', models: { 'phi-4': { contextTokensMax: 16_384 } } },
    },
  }
  const config = load({ OPENAI_API_KEY: 'k', GROQ_KEY: 'g', DEFAULT_MODEL: 'fast' }, file)
  t.assert.deepEqual(
    config.providers.map((provider) => provider.name),
    ['openai', 'groq', 'local', 'simulated'],
  )
  t.assert.equal(providerOf(config, 'fast'), 'groq: x-1')
  t.assert.equal(config.catalogue.route('phi-4').contextTokensMax, 16_384)
  t.assert.equal(config.catalogue.defaultModel, 'fast')
  t.assert.equal(load({ GROQ_KEY: 'g' }, file).catalogue.defaultModel, 'fast')
})

test('a provider named openai in the file stands in for the environment’s', (t) => {
  const openai = { baseUrl: 'https://api.openai.com/v1', apiKeyEnv: 'OPENAI_API_KEY', models: { 'gpt-5-nano': {} } }
  const config = load({ OPENAI_API_KEY: 'k', OPENAI_MODEL: 'gpt-5-nano' }, { providers: { openai } })
  t.assert.deepEqual(
    config.providers.map((provider) => provider.name),
    ['openai', 'simulated'],
  )
})

test('a key does not show in any form', (t) => {
  const config = load({ OPENAI_API_KEY: 'sk-canary' })
  const shown = `${JSON.stringify(config)} ${inspect(config, { depth: 9, showHidden: true })} ${config.providers.map(String)}`
  t.assert.equal(shown.includes('canary'), false)
})

const bad: [what: string, env: Env, file: ParleyConfigFile, problem: RegExp][] = [
  ['a base URL of another kind', { OPENAI_BASE_URL: 'ftp://canary' }, {}, /^OPENAI_BASE_URL must be a URL/],
  ['a base URL with a password', { OPENAI_BASE_URL: 'https://u:canary@h/v1' }, {}, /OPENAI_BASE_URL must not contain/],
  ['a key that no header can carry', { OPENAI_API_KEY: 'canary\u00e9' }, {}, /^OPENAI_API_KEY must be visible ASCII/],
  [
    'a missing key',
    {},
    { providers: { p: { baseUrl: 'http://h', apiKeyEnv: 'P_KEY' } } },
    /^P_KEY is missing: .*providers\.p/,
  ],
  ['a wrong base URL in the file', {}, { providers: { p: { baseUrl: 'h' } } }, /providers\.p\.baseUrl must be a URL/],
  [
    'an unknown kind of provider',
    {},
    { providers: { p: { kind: 'bard' as never, baseUrl: 'http://h' } } },
    /providers\.p\.kind must be/,
  ],
  [
    'a base URL of another kind for Anthropic',
    { ANTHROPIC_BASE_URL: 'ftp://canary' },
    {},
    /^ANTHROPIC_BASE_URL must be/,
  ],
  ['a reserved name', {}, { providers: { simulated: { baseUrl: 'http://h' } } }, /not 'simulated'/],
  ['an odd name', {}, { providers: { 'a/b': { baseUrl: 'http://h' } } }, /providers\.a\/b: a provider's name/],
  ['a default nobody serves', { DEFAULT_MODEL: 'x' }, {}, /^DEFAULT_MODEL names a model that no provider serves/],
  ['a time-out that is no number', { GPT_IDLE_TIMEOUT_MS: 'soon' }, {}, /^GPT_IDLE_TIMEOUT_MS must be a whole number/],
  [
    'template variables that differ',
    {},
    { templates: { t: { text: '{{a}}', variables: ['b'] } } },
    /templates\.t\.variables/,
  ],
]

for (const [what, env, file, problem] of bad) {
  test(`${what} is a named problem without its value`, (t) => {
    const problems = problemsOf(env, file)
    t.assert.match(problems[0] ?? '', problem)
    t.assert.equal(problems.join().includes('canary'), false)
  })
}
