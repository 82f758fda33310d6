import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { contracts } from '@parley/catalog/contracts.ts'
import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import { startProcess } from '@parley/chassis/runtime/start-process.ts'
import { services } from '../../apps/all-in-one/services.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'

const execute = promisify(execFile)
const main = 'apps/all-in-one/main.ts'
/** Two seconds on a machine that has nothing else to do; here other tests run beside it. */
const firstAnswerMs = 6_000

interface Place {
  readonly folder: string
  readonly port: number
  readonly url: string
  start(env?: Record<string, string>): SpawnedProgram
}

async function newPlace(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-start-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const port = await findFreePorts(1)
  return {
    folder,
    port,
    url: `http://127.0.0.1:${port}`,
    start: (env = {}) =>
      new SpawnedProgram({ main, cwd: folder, env: { PORT: String(port), LOG_LEVEL: 'warn', ...env } }),
  }
}

const announced = /^Parley listens on (\S+) · model: (\S+) · key: (.+)\n/
const curlLine = /^curl .+$/m

describe('starting the one program', () => {
  test('its first line names the URL, the model and the key, and the printed curl is answered', async (t: TestContext) => {
    const { start, url, folder } = await newPlace(t)
    const startedMs = performance.now()
    await using program = start()
    const [, shownUrl, model, shownKey] = await program.untilOutput(announced)
    t.assert.equal(shownUrl, url)
    t.assert.equal(model, 'simulated', 'without a provider key the simulated model answers')
    const secret = /^(parley-[\w-]{20,}) \(shown this once\)$/.exec(shownKey ?? '')?.[1]
    t.assert.ok(secret, `a key is shown: ${shownKey}`)
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
    })
    t.assert.equal(answer.status, 200)
    const tookMs = Math.round(performance.now() - startedMs)
    t.diagnostic(`first answer after ${tookMs} ms`)
    t.assert.ok(tookMs < firstAnswerMs, `${tookMs} ms`)
    t.assert.deepEqual(await readdir(folder), ['data'], 'everything it keeps is in ./data')

    const [curl] = await program.untilOutput(curlLine)
    if (await isMissing('curl')) return t.skip('curl is not installed')
    const { stdout } = await execute('sh', ['-c', curl])
    const { choices } = JSON.parse(stdout) as { choices: { message: { content: string } }[] }
    t.assert.match(choices[0]?.message.content ?? '', /Hello/)
  })

  test('a second start shows no secret, and the first key still works', async (t: TestContext) => {
    const { start, url } = await newPlace(t)
    const first = start()
    const [, , , shown = ''] = await first.untilOutput(announced)
    const secret = shown.split(' ')[0] ?? ''
    t.assert.deepEqual(await first.stop(), { code: 0, signal: null })
    await using second = start()
    await second.untilOutput(curlLine)
    const output = second.standardOutput + second.standardError
    t.assert.doesNotMatch(output, new RegExp(secret))
    t.assert.doesNotMatch(output, /parley-[\w-]{20,}/)
    t.assert.equal((await listModels(url, secret)).status, 200)
  })

  test('a preset key is used, never shown, and replaced by another preset one', async (t: TestContext) => {
    const { start, url } = await newPlace(t)
    const first = start({ PARLEY_API_KEY: 'preset-key-one' })
    await first.untilOutput(curlLine)
    t.assert.equal((await listModels(url, 'preset-key-one')).status, 200)
    await first.stop()
    t.assert.doesNotMatch(first.standardOutput + first.standardError, /preset-key-one/)
    await using second = start({ PARLEY_API_KEY: 'preset-key-two' })
    await second.untilOutput(curlLine)
    t.assert.equal((await listModels(url, 'preset-key-two')).status, 200)
    t.assert.equal((await listModels(url, 'preset-key-one')).status, 401)
  })

  test('what was said before a restart is remembered after it', async (t: TestContext) => {
    const { start, url } = await newPlace(t)
    const env = { PARLEY_API_KEY: 'preset-key-one' }
    const call = async (path: string, body: object) => {
      const answer = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer preset-key-one', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return (await answer.json()) as { id: string; output: { content: { text: string }[] }[] }
    }
    const first = start(env)
    await first.untilOutput(curlLine)
    const { id: conversation } = await call('/v1/conversations', {})
    await call('/v1/responses', { input: 'my name is Ada.', conversation })
    await first.stop()
    await using second = start(env)
    await second.untilOutput(curlLine)
    const { output } = await call('/v1/responses', { input: 'what is my name?', conversation })
    t.assert.equal(output[0]?.content[0]?.text, 'Simulated answer: your name is Ada.')
  })

  for (const { what, env, says } of refusals()) {
    test(`${what} is refused in words`, async (t: TestContext) => {
      const { folder } = await newPlace(t)
      const options = { services, contracts, env: { PARLEY_DATA: folder, PORT: '0', ...env } }
      await t.assert.rejects(startProcess(options), (error: unknown) => {
        t.assert.ok(error instanceof ConfigError)
        for (const pattern of says) t.assert.match(error.message, pattern)
        t.assert.doesNotMatch(error.message, /hush-hush/, 'no value')
        return true
      })
    })
  }

  test('all problems are reported together, and end the program', async (t: TestContext) => {
    const { start } = await newPlace(t)
    await using program = start({ SERVICES: 'session,nothing', DRAIN_TIMEOUT_MS: 'soon', LOG_LEVEL: 'loud' })
    t.assert.equal((await program.ended).code, 1)
    t.assert.equal(program.standardOutput, '')
    t.assert.doesNotMatch(program.standardError, /^\s+at /m, 'no stack')
    for (const name of ['SERVICES', 'DRAIN_TIMEOUT_MS', 'LOG_LEVEL', 'PARLEY_INTERNAL_SECRET']) {
      t.assert.match(program.standardError, new RegExp(`\\b${name}\\b`))
    }
  })

  test('a misspelt setting is told in the log with the name that was meant, and its value is not', async (t: TestContext) => {
    const { start } = await newPlace(t)
    await using program = start({ SESION_DATABASE_URL: 'hush-hush', LOG_FORMAT: 'json' })
    await program.untilOutput(curlLine)
    const warnings = program.standardError.split('\n').filter((line) => line.includes('is not a setting'))
    t.assert.equal(warnings.length, 1)
    t.assert.match(
      warnings[0] ?? '',
      /SESION_DATABASE_URL \(environment\) is not a setting; did you mean SESSION_DATABASE_URL\?/,
    )
    t.assert.doesNotMatch(program.standardOutput + program.standardError, /hush-hush/)
  })

  test('a port that is taken is named', async (t: TestContext) => {
    const { start, port } = await newPlace(t)
    const server = createServer().listen(port, '127.0.0.1')
    t.after(() => server.close())
    await using program = start()
    t.assert.equal((await program.ended).code, 1)
    t.assert.match(program.standardError, new RegExp(`Port ${port} is already in use`))
  })

  test('a store with a newer schema is refused in words', async (t: TestContext) => {
    const { start, folder } = await newPlace(t)
    const first = start()
    await first.untilOutput(curlLine)
    await first.stop()
    const file = (await readdir(join(folder, 'data'))).find((name) => /^session\.\w+$/.test(name))
    t.assert.ok(file, 'the session service has a file of its own')
    const database = new DatabaseSync(join(folder, 'data', file))
    database.exec("insert into _migrations (name, applied_at) values ('9999-from-the-future', 0)")
    database.close()
    await using second = start()
    t.assert.equal((await second.ended).code, 1)
    t.assert.match(second.standardError, /session/)
    t.assert.match(second.standardError, /newer/)
    t.assert.match(second.standardError, /9999-from-the-future/)
    t.assert.doesNotMatch(second.standardError, /^\s+at /m, 'no stack')
  })
})

function refusals(): { what: string; env: Record<string, string>; says: RegExp[] }[] {
  const secret = { PARLEY_INTERNAL_SECRET: 'hush-hush-hush-hush-hush-hush-hush-hush' }
  return [
    {
      what: 'a service that does not exist',
      env: { ...secret, SERVICES: 'session,nothing' },
      says: [/SERVICES/, /nothing/],
    },
    {
      what: 'a needed service without a place',
      env: { ...secret, SERVICES: 'gateway,session,request,response' },
      says: [/GPT_SERVICE_URL is missing/],
    },
    {
      what: 'a service in two places',
      env: { ...secret, SESSION_SERVICE_URL: 'http://127.0.0.1:1' },
      says: [/SESSION_SERVICE_URL/, /SERVICES/],
    },
    {
      what: 'a place that is no URL',
      env: { ...secret, SERVICES: 'gateway,request,response,gpt', SESSION_SERVICE_URL: 'hush-hush' },
      says: [/SESSION_SERVICE_URL/],
    },
    {
      what: 'a split system without a secret',
      env: { SERVICES: 'gateway,request,response,gpt', SESSION_SERVICE_URL: 'http://127.0.0.1:1' },
      says: [/PARLEY_INTERNAL_SECRET is missing/],
    },
    {
      what: 'a secret that is too short',
      env: { PARLEY_INTERNAL_SECRET: 'hush-hush' },
      says: [/PARLEY_INTERNAL_SECRET/],
    },
    {
      what: 'an API key that cannot be one',
      env: { PARLEY_API_KEY: 'hush-hush with spaces' },
      says: [/PARLEY_API_KEY/],
    },
    {
      what: 'a database that is not supported',
      env: { DATABASE_URL: 'mysql://hush-hush@127.0.0.1/x' },
      says: [/DATABASE_URL/],
    },
    { what: 'a port that is no number', env: { PORT: 'hush-hush' }, says: [/PORT/] },
  ]
}

function listModels(url: string, key: string): Promise<Response> {
  return fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
}

async function isMissing(command: string): Promise<boolean> {
  return execute(command, ['--version']).then(
    () => false,
    () => true,
  )
}
