import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { apiKey, ConfiguredProgram } from './configured-program.ts'
import { MountedFolder } from './mounted-folder.ts'
import { chat, SteadyLoad } from './steady-load.ts'

const file = 'parley.config.json'

function configFor(baseUrl: string, more: object = {}): Record<string, string> {
  return { [file]: JSON.stringify({ providers: { main: { baseUrl, models: { fast: {} } } }, ...more }) }
}

async function start(folder: MountedFolder, env: Record<string, string> = {}): Promise<ConfiguredProgram> {
  return ConfiguredProgram.start({ cwd: folder.path, env: { PARLEY_CONFIG: folder.file(file), ...env } })
}

test('a changed route is used by new calls, and no call under load fails', async (t: TestContext) => {
  await using before = await startSimulatedUpstream()
  await using after = await startSimulatedUpstream()
  await using folder = await MountedFolder.create(configFor(before.url))
  await using running = await start(folder)
  const load = new SteadyLoad({ url: running.url, key: apiKey, model: 'fast', clients: 4 })
  const slow = fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'fast',
      stream: true,
      messages: [{ role: 'user', content: '/simulate chunks=30 interval_ms=100\nlong' }],
    }),
  })
  await load.more(50)
  const stream = await slow
  await folder.replace(configFor(after.url))
  await running.untilGeneration(2)
  const atSwitch = before.requestCount
  await load.more(50)
  await load.stop()
  t.assert.deepEqual(load.failures, [])
  t.assert.ok(after.requestCount > 40, `${after.requestCount} calls at the new provider`)
  t.assert.ok(before.requestCount - atSwitch <= 4, 'calls under way at the most')
  t.assert.match(await stream.text(), /data: \[DONE\]\s*$/, 'a stream that had begun goes on to its end')
  t.diagnostic(
    `${load.answered} calls, ${before.requestCount} at the old and ${after.requestCount} at the new provider`,
  )
})

test('a broken file is refused whole, and the old configuration stays in use', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using folder = await MountedFolder.create(configFor(upstream.url))
  await using running = await start(folder)
  const settings = { GATEWAY_REQUESTS_PER_MINUTE: 1, LOG_LEVEL: 'hush-hush' }
  await folder.replace(configFor('ftp://hush-hush', { settings }))
  await running.untilRefused()
  const readiness = await fetch(`${running.url}/readyz`)
  t.assert.equal(readiness.status, 200, 'it works as before')
  const { config } = (await readiness.json()) as { config: { generation: number; refused: string[] } }
  t.assert.equal(config.generation, 1)
  t.assert.equal(config.refused.length, 2)
  t.assert.match(config.refused.join('\n'), /^LOG_LEVEL must be one of/m)
  t.assert.match(config.refused.join('\n'), /^parley\.config\.json: providers\.main\.baseUrl must be/m)
  for (let calls = 0; calls < 3; calls++) {
    t.assert.equal((await chat({ url: running.url, key: apiKey, model: 'fast' })).status, 200, 'no part is in use')
  }
  await folder.replace({ [file]: '{ "providers": hush-hush' })
  await running.untilLogged(/is not JSON/)
  t.assert.doesNotMatch(running.program.standardError, /hush-hush/)
  await folder.replace(configFor(upstream.url))
  await waitUntil(async () => (await running.metric('parley_config_last_reload_successful')) === 1, {
    timeoutMs: 20_000,
    pollMs: 20,
  })
  t.assert.deepEqual(await (await fetch(`${running.url}/readyz`)).json(), { status: 'ready' })
})

test('the log level and the limit of requests change live', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using folder = await MountedFolder.create(configFor(upstream.url, { settings: { LOG_LEVEL: 'warn' } }))
  await using running = await start(folder)
  const call = () => chat({ url: running.url, key: apiKey, model: 'fast' })
  t.assert.equal((await call()).status, 200)
  await folder.replace(configFor(upstream.url, { settings: { LOG_LEVEL: 'info', GATEWAY_REQUESTS_PER_MINUTE: 2 } }))
  await running.untilGeneration(2)
  const statuses: number[] = []
  for (let calls = 0; calls < 5; calls++) statuses.push((await call()).status)
  t.assert.ok(statuses.includes(429), `${statuses}`)
  await running.untilLogged(/"service.name":"gateway".*chat\/completions/)
  await folder.replace(configFor(upstream.url, { settings: { LOG_LEVEL: 'error' } }))
  await running.untilGeneration(3)
  t.assert.equal((await call()).status, 200, 'without a limit again')
})

test('what needs a restart is named and keeps its value', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using folder = await MountedFolder.create(configFor(upstream.url))
  await using running = await start(folder)
  const settings = { GATEWAY_BODY_BYTES_MAX: 2_000, LOG_LEVEL: 'debug' }
  await folder.replace(configFor(upstream.url, { settings, postProcessing: ['json', 'trim'] }))
  await running.untilGeneration(2)
  const { config } = (await (await fetch(`${running.url}/readyz`)).json()) as { config: { restart: string[] } }
  t.assert.deepEqual(config.restart, ['GATEWAY_BODY_BYTES_MAX', 'postProcessing'])
  t.assert.equal(await running.metric('parley_config_restart_needed'), 2)
  await running.untilLogged(/needs a restart: GATEWAY_BODY_BYTES_MAX, postProcessing/)
})

test('SIGHUP reads the files of a process that does not look at them', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using folder = await MountedFolder.create(configFor(upstream.url))
  await using running = await start(folder, { PARLEY_CONFIG_POLL_MS: '0' })
  await folder.replace(configFor(upstream.url, { settings: { LOG_LEVEL: 'warn' } }))
  t.assert.equal(await running.metric('parley_config_generation'), 1)
  running.program.signal('SIGHUP')
  await running.untilGeneration(2)
  t.assert.equal(running.program.hasEnded, false)
})
