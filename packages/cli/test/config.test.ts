import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { programEnv } from '@parley/testkit/program-env.ts'
import type { CheckedConfig } from '../config/check-config.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

interface Checked {
  readonly code: number
  readonly text: string
}

async function newFolder(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-config-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

function check(cwd: string, env: Readonly<Record<string, string>>, ...args: string[]): Promise<Checked> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'config', 'check', ...args],
      { cwd, env: programEnv(env) },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr })
      },
    )
  })
}

async function checkJson(cwd: string, env: Readonly<Record<string, string>>, ...args: string[]) {
  const { code, text } = await check(cwd, env, '--json', ...args)
  return { code, text, checked: JSON.parse(text) as CheckedConfig }
}

test('every value is told with where it comes from, and secrets are not told', async (t: TestContext) => {
  const settings = { LOG_LEVEL: 'debug', DRAIN_TIMEOUT_MS: 5_000 }
  const providers = { groq: { baseUrl: 'https://groq.example/v1', apiKeyEnv: 'GROQ_KEY' } }
  const folder = await newFolder(t, {
    'parley.config.json': JSON.stringify({ settings, providers }),
    key: 'hush-hush-in-a-file\n',
  })
  const env = {
    PORT: '9000',
    DRAIN_TIMEOUT_MS: '7000',
    GROQ_KEY_FILE: join(folder, 'key'),
    PARLEY_API_KEY: 'hush-hush',
  }
  const { code, text, checked } = await checkJson(folder, env)
  t.assert.equal(code, 0, text)
  const told = (name: string) => checked.values.find((value) => value.name === name)
  const shown = (name: string) => [told(name)?.value, told(name)?.source, told(name)?.where]
  t.assert.deepEqual(shown('PORT'), ['9000', 'environment', null])
  t.assert.deepEqual(shown('LOG_LEVEL'), ['debug', 'file', 'settings.LOG_LEVEL'])
  t.assert.deepEqual(shown('HOST'), ['127.0.0.1', 'default', null])
  t.assert.deepEqual(shown('GROQ_KEY').slice(1), ['secret-file', join(folder, 'key')])
  t.assert.match(told('PARLEY_API_KEY')?.value ?? '', /^set \(sha256 [0-9a-f]{8}…\)$/)
  t.assert.deepEqual(checked.shadowed, ['DRAIN_TIMEOUT_MS'])
  t.assert.equal(told('LOG_LEVEL')?.live, true)
  t.assert.doesNotMatch(text, /hush-hush/)
})

test('every problem is told at once, each with how to mend it', async (t: TestContext) => {
  const folder = await newFolder(t, { 'parley.config.json': '{ "providrs": {}, "prices": { "version": "1" } }' })
  const env = { LOG_LEVEL: 'loud', SERVICES: 'session,request', REQUEST_STUCK_AFTER_MS: 'soon', EVENTS: 'kafka' }
  const { code, checked } = await checkJson(folder, env)
  t.assert.equal(code, 1)
  const problems = checked.problems.join('\n')
  t.assert.match(problems, /^parley\.config\.json: providrs is not known: did you mean providers\?$/m)
  t.assert.match(problems, /^parley\.config\.json: prices must have required properties models$/m)
  t.assert.match(problems, /^LOG_LEVEL must be one of: fatal, /m)
  t.assert.match(problems, /^REQUEST_STUCK_AFTER_MS must be a whole number from 100 to /m)
  t.assert.match(problems, /^KAFKA_BROKERS is missing/m)
  t.assert.match(problems, /^GPT_SERVICE_URL is missing/m)
  t.assert.match(problems, /^PARLEY_INTERNAL_SECRET is missing/m)
  t.assert.equal(new Set(checked.problems).size, checked.problems.length, 'each once')
  t.assert.doesNotMatch(problems, /loud|soon/)
})

test('what looks like a setting and is none is told with the nearest name', async (t: TestContext) => {
  const folder = await newFolder(t, { 'parley.config.json': '{ "settings": { "LOG_LEVLE": "debug" } }' })
  const env = {
    GATEWAY_REQUEST_PER_MINUTE: '5',
    DATABASE_URI: 'sqlite:./x',
    PARLEY_FANCY: '1',
    OPENAI_ORGANIZATION: 'of another program',
    SESSION_SERVICE_HOST: '10.0.0.1',
    SESSION_PORT_8002_TCP_ADDR: '10.0.0.1',
    SESSION_PORT: 'tcp://10.0.0.1:8002',
  }
  const { code, checked } = await checkJson(folder, env)
  t.assert.equal(code, 1)
  t.assert.deepEqual(checked.problems, [])
  t.assert.deepEqual(
    checked.unknown.map(({ name, nearest }) => [name, nearest]),
    [
      ['DATABASE_URI', 'DATABASE_URL'],
      ['GATEWAY_REQUEST_PER_MINUTE', 'GATEWAY_REQUESTS_PER_MINUTE'],
      ['PARLEY_FANCY', null],
      ['LOG_LEVLE', 'LOG_LEVEL'],
    ],
  )
  const { text } = await check(folder, env)
  t.assert.match(text, /GATEWAY_REQUEST_PER_MINUTE \(environment\): did you mean GATEWAY_REQUESTS_PER_MINUTE\?/)
})

test("one service's program is checked for itself", async (t: TestContext) => {
  const folder = await newFolder(t)
  const { code, checked } = await checkJson(folder, { PARLEY_INTERNAL_SECRET: 'x'.repeat(32) }, '--service', 'gpt')
  t.assert.equal(code, 0)
  t.assert.deepEqual(checked.services, ['gpt'])
  t.assert.ok(checked.values.some(({ name }) => name === 'GPT_IDLE_TIMEOUT_MS'))
  t.assert.ok(!checked.values.some(({ name }) => name === 'SESSION_IDLE_AFTER_MS'))
  t.assert.equal((await check(folder, {}, '--service', 'sesion')).code, 1)
})
