import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'
import { serviceNames } from '../harness/system.ts'
import { apiKey, ConfiguredProgram, metricOf, pollMs } from './configured-program.ts'
import { KeyedProvider } from './keyed-provider.ts'
import { MountedFolder } from './mounted-folder.ts'
import { chat, SteadyLoad } from './steady-load.ts'

test("a provider's key is replaced under load without a failed call", async (t: TestContext) => {
  await using provider = new KeyedProvider('old-key-of-the-provider')
  const baseUrl = await provider.listen()
  await using folder = await MountedFolder.create({ key: 'old-key-of-the-provider\n' })
  await using running = await ConfiguredProgram.start({
    cwd: folder.path,
    env: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY_FILE: folder.file('key') },
  })
  const load = new SteadyLoad({ url: running.url, key: apiKey, model: 'any', clients: 4 })
  await load.more(30)
  provider.validKeys.add('new-key-of-the-provider')
  await folder.replace({ key: 'new-key-of-the-provider\n' })
  await running.untilGeneration(2)
  await load.more(8)
  provider.validKeys.delete('old-key-of-the-provider')
  await load.more(30)
  await load.stop()
  t.assert.deepEqual(load.failures, [])
  t.assert.ok((provider.calls.get('new-key-of-the-provider') ?? 0) >= 30)
  t.assert.doesNotMatch(running.program.standardError, /key-of-the-provider/)

  await folder.replace({ key: '' })
  await running.untilRefused()
  t.assert.equal((await chat({ url: running.url, key: apiKey, model: 'any' })).status, 200, 'the last key stays in use')
  await running.untilLogged(/OPENAI_API_KEY_FILE names a file that is empty/)
})

test('the preset key of Parley itself is replaced', async (t: TestContext) => {
  await using folder = await MountedFolder.create({ key: 'preset-key-one' })
  await using running = await ConfiguredProgram.start({
    cwd: folder.path,
    env: { PARLEY_API_KEY: '', PARLEY_API_KEY_FILE: folder.file('key') },
  })
  const statusFor = async (key: string) => (await chat({ url: running.url, key, model: 'simulated' })).status
  t.assert.equal(await statusFor('preset-key-one'), 200)
  await folder.replace({ key: 'preset-key-two' })
  await running.untilGeneration(2)
  await waitUntil(async () => (await statusFor('preset-key-two')) === 200, { timeoutMs: 20_000, pollMs: 50 })
  await waitUntil(async () => (await statusFor('preset-key-one')) === 401, { timeoutMs: 20_000, pollMs: 50 })
})

test('the secret between services is replaced in three steps under load without a failed call', async (t: TestContext) => {
  const [first, second] = ['first-secret-that-all-processes-share', 'second-secret-that-all-processes-share']
  const data = await mkdtemp(join(tmpdir(), 'parley-secrets-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  const port = await findFreePorts(3)
  const url = `http://127.0.0.1:${port}`
  const gptUrl = `http://127.0.0.1:${port + 1}`
  // Each process has files of its own, and sees a change when it looks, not when the other one does.
  await using frontFiles = await MountedFolder.create({ secret: first })
  await using gptFiles = await MountedFolder.create({ secret: first })
  const start = (main: string, files: MountedFolder, env: Record<string, string>) =>
    new SpawnedProgram({
      main,
      cwd: data,
      env: {
        PARLEY_CONFIG_POLL_MS: String(pollMs),
        PARLEY_INTERNAL_SECRET_FILE: files.file('secret'),
        LOG_LEVEL: 'info',
        ...env,
      },
    })
  await using gpt = start('services/gpt/main.ts', gptFiles, { PORT: String(port + 1) })
  await using front = start('apps/all-in-one/main.ts', frontFiles, {
    PORT: String(port),
    INTERNAL_PORT: String(port + 2),
    SERVICES: serviceNames.filter((name) => name !== 'gpt').join(),
    GPT_SERVICE_URL: gptUrl,
    PARLEY_API_KEY: apiKey,
  })
  await Promise.all([gpt.untilReady(gptUrl), front.untilReady(url)])

  const load = new SteadyLoad({ url, key: apiKey, model: 'simulated', clients: 4 })
  await load.more(30)
  for (const [step, secret] of [`${first}\n${second}`, `${second}\n${first}`, second].entries()) {
    for (const { files, at } of [
      { files: gptFiles, at: gptUrl },
      { files: frontFiles, at: url },
    ]) {
      await files.replace({ secret })
      await waitUntil(async () => (await metricOf(at, 'parley_config_generation')) === step + 2, {
        timeoutMs: 20_000,
        pollMs: 20,
      })
      await load.more(15)
    }
  }
  await load.stop()
  t.assert.deepEqual(load.failures, [])
  t.diagnostic(`${load.answered} calls`)
  t.assert.doesNotMatch(gpt.standardError + front.standardError, /secret-that-all-processes-share/)

  await gptFiles.replace({ secret: first })
  await waitUntil(async () => (await metricOf(gptUrl, 'parley_config_generation')) === 5, {
    timeoutMs: 20_000,
    pollMs: 20,
  })
  const refused = await chat({ url, key: apiKey, model: 'simulated' })
  t.assert.notEqual(refused.status, 200, 'a secret that only one side has lets nobody through')
})

test('a secret file that is not there refuses the start by name', async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-secrets-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'both'), 'hush-hush')
  const env = {
    OPENAI_API_KEY: 'hush-hush',
    OPENAI_API_KEY_FILE: join(folder, 'both'),
    DATABASE_URL_FILE: '/nowhere/url',
  }
  await using program = new SpawnedProgram({ main: 'apps/all-in-one/main.ts', cwd: folder, env })
  t.assert.equal((await program.ended).code, 1)
  t.assert.match(program.standardError, /DATABASE_URL_FILE names a file that cannot be read \(ENOENT\)/)
  t.assert.match(program.standardError, /OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set: unset one of them/)
  t.assert.doesNotMatch(program.standardError, /hush-hush/)
})
