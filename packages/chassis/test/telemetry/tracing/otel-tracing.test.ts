import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { OtelTracing } from '../../../telemetry/tracing/otel-tracing.ts'
import type { TracingSettings } from '../../../telemetry/tracing/tracing-settings.ts'
import { AppError } from '../../../values/errors.ts'

const work = { name: 'work', kind: 'internal' } as const

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function settings(url: string, changes: Partial<TracingSettings> = {}): TracingSettings {
  return {
    exporter: { kind: 'otlp', url: `${url}/v1/traces`, headers: {}, compress: false, timeoutMs: 200 },
    sampler: { parentBased: true, ratio: 1 },
    serviceName: null,
    resource: {},
    queue: { spansMax: 100, batchMax: 10, delayMs: 10 },
    ...changes,
  }
}

function collectingLog() {
  const lines: string[] = []
  const write = (_fields: object, message: string) => void lines.push(message)
  return { lines, log: { info: write, warn: write } as never }
}

test('what waits is sent when the process ends, all of a full queue', async (t: TestContext) => {
  let spans = 0
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      spans += body.split('"spanId"').length - 1
      response.end('{}')
    })
  })
  const { log, lines } = collectingLog()
  const queue = { spansMax: 100, batchMax: 2, delayMs: 60_000 }
  const given = settings(await listen(server), { queue })
  const tracing = new OtelTracing({ ...given, exporter: { ...given.exporter, timeoutMs: 30_000 } }, log)
  for (let count = 0; count < 100; count++) tracing.tracerOf('one').enter({ traceparent: null }, work).span?.end()
  await tracing.close()
  server.close()
  t.assert.deepStrictEqual([spans, lines], [100, []])
})

for (const kind of ['otlp', 'zipkin'] as const) {
  test(`a backend that never answers is told of once, and holds up no end: ${kind}`, async (t: TestContext) => {
    const server = createServer(() => {})
    const { log, lines } = collectingLog()
    const given = settings(await listen(server))
    const tracing = new OtelTracing({ ...given, exporter: { ...given.exporter, kind } }, log)
    const tracer = tracing.tracerOf('one')
    for (let count = 0; count < 3; count++) {
      for (let span = 0; span < 10; span++) tracer.enter({ traceparent: null }, work).span?.end()
      await waitUntil(() => lines.length > 0, { timeoutMs: 20_000 })
    }
    const startedMs = performance.now()
    await tracing.close()
    t.assert.ok(performance.now() - startedMs < 10_000)
    t.assert.deepStrictEqual(lines, ['traces cannot be sent'])
    server.closeAllConnections()
    server.close()
  })
}

test('there are spans within a recorded trace only, and one that is not has its name all the same', (t: TestContext) => {
  const { log } = collectingLog()
  const none = { parentBased: true, ratio: 0 }
  const tracer = new OtelTracing(settings('http://127.0.0.1:9', { sampler: none }), log).tracerOf('one')
  const entry = tracer.enter({ traceparent: null }, work)
  t.assert.strictEqual(entry.span, null)
  t.assert.match(entry.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  t.assert.strictEqual(tracer.start(entry, work), null)
  t.assert.strictEqual(tracer.start({ traceparent: null }, work), null)
  const sampled = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const span = tracer.start({ traceparent: sampled }, work)
  t.assert.match(span?.traceparent ?? '', /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/)
  span?.fail(new AppError('INVALID_REQUEST', 'said by a caller'))
  span?.end()
  span?.end()
})
