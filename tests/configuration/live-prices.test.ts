import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { apiKey, ConfiguredProgram } from './configured-program.ts'
import { MountedFolder } from './mounted-folder.ts'

interface LedgerRow {
  readonly response_id: string
  readonly price_version: string | null
  readonly cost_micros: number | null
}

test('a changed price holds for requests accepted from then on', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  const filesFor = (version: string, output: number) => ({
    'parley.config.json': JSON.stringify({
      providers: { main: { baseUrl: upstream.url, models: { fast: {} } } },
      prices: { version, models: { fast: { input: 0, output } } },
    }),
  })
  await using folder = await MountedFolder.create(filesFor('monday', 1))
  await using running = await ConfiguredProgram.start({
    cwd: folder.path,
    env: { PARLEY_CONFIG: folder.file('parley.config.json') },
  })
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(`${running.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return (await answer.json()) as { id: string; status: string; data: LedgerRow[] }
  }
  const rowOf = async (responseId: string) => {
    const { data } = await ask('/parley/ledger?limit=100')
    return data.find((row) => row.response_id === responseId)
  }

  const input = '/simulate first_ms=3000\nslow'
  const slow = await ask('/v1/responses', { model: 'fast', input, background: true })
  await folder.replace(filesFor('tuesday', 10))
  await running.untilGeneration(2)
  const next = await ask('/v1/responses', { model: 'fast', input: 'Hello' })
  await waitUntil(async () => (await rowOf(next.id)) !== undefined, { timeoutMs: 30_000, pollMs: 50 })
  t.assert.match((await rowOf(next.id))?.price_version ?? '', /^tuesday/)
  await waitUntil(async () => (await rowOf(slow.id)) !== undefined, { timeoutMs: 30_000, pollMs: 50 })
  t.assert.match((await rowOf(slow.id))?.price_version ?? '', /^monday/, 'the price agreed at its acceptance')
})
