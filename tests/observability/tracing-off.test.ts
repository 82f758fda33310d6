import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { startSystem } from '../harness/start-system.ts'
import { parseLines } from './ecs-problems.ts'

const reporting = { NODE_OPTIONS: `--import=${new URL('report-modules.ts', import.meta.url).href}` }
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

/** prom-client brings the bare API along, which has nothing but types and stand-ins. */
function loadedOf(output: string): string[] {
  const names = [...output.matchAll(/^loaded: (\S+)$/gm)].map((match) => match[1] ?? '')
  return [...new Set(names)].filter((name) => name !== 'api')
}

test('a process that traces nothing loads nothing for it, and names the trace of its client', async (t: TestContext) => {
  await using system = await startSystem('one-process', { env: reporting })
  const body = { model: 'any-model', messages: [{ role: 'user', content: 'hello' }] }
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  t.assert.strictEqual((await system.fetch('/v1/chat/completions', { headers, body })).status, 200)
  const answered = () => parseLines(system.output()).find(({ message }) => message === 'request answered')
  await waitUntil(() => answered() !== undefined, { timeoutMs: 20_000 })
  t.assert.strictEqual(answered()?.['trace.id'], traceId)
  t.assert.deepStrictEqual(loadedOf(system.output()), [])
})

test('what a process that traces loads is seen', async (t: TestContext) => {
  const env = { ...reporting, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  await using system = await startSystem('one-process', { env })
  t.assert.ok(loadedOf(system.output()).includes('sdk-trace'))
})
