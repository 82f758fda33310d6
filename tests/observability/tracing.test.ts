import { randomBytes } from 'node:crypto'
import { after, before, suite, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findZipkin } from '@parley/testkit/services.ts'
import { kafkaVariant } from '../harness/kafka-variant.ts'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'
import { upstreamCalls } from '../harness/upstream-calls.ts'
import { type ReceivedSpan, type SpanReceiver, startSpanReceiver } from './span-receiver.ts'
import { chatTree, type PlacedSpan, treeOf } from './trace-tree.ts'
import { findTrace, type ZipkinSpan } from './zipkin-api.ts'

const model = 'traced-model'
const secretPrompt = 'CANARY-what-a-user-wrote'

interface ClientTrace {
  readonly traceId: string
  readonly spanId: string
  readonly traceparent: string
}

function newTrace(flags = '01'): ClientTrace {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` }
}

function placed(span: ReceivedSpan): PlacedSpan {
  return { id: span.spanId, parentId: span.parentSpanId, label: `${span.service} ${span.kind} ${span.name}` }
}

/** By the official SDK, as an application with tracing of its own would do it. */
async function ask(system: System, trace: ClientTrace, headers: Record<string, string> = {}): Promise<string | null> {
  const messages = [{ role: 'user' as const, content: secretPrompt }]
  const options = { headers: { traceparent: trace.traceparent, ...headers } }
  const answer = await system.client().chat.completions.create({ model, messages }, options)
  return answer.choices[0]?.message.content ?? null
}

suite('a process that sends traces', () => {
  let receiver: SpanReceiver
  let system: System

  before(async () => {
    receiver = await startSpanReceiver()
    system = await startSystem('one-process', {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
    })
  })
  after(async () => {
    await system?.stop()
    await receiver?.[Symbol.asyncDispose]()
  })

  /** What ends last. */
  const names = ['POST /v1/chat/completions', 'process response.settled.v1', `chat ${model}`]

  test('one call is one trace, from the span of the client to the call of the provider', async (t: TestContext) => {
    const trace = newTrace()
    await ask(system, trace, { tracestate: 'vendor=value' })
    const spans = await receiver.untilTrace(trace.traceId, names)
    t.assert.deepStrictEqual(treeOf(spans.map(placed), trace.spanId), chatTree)
    t.assert.deepStrictEqual([...new Set(spans.map(({ traceState }) => traceState))], ['vendor=value'])
    t.assert.deepStrictEqual(
      spans.filter(({ failed }) => failed),
      [],
    )
  })

  test('an event is linked to where it was sent', async (t: TestContext) => {
    const trace = newTrace()
    await ask(system, trace)
    const spans = await receiver.untilTrace(trace.traceId, names)
    const handled = spans.filter(({ kind }) => kind === 'consumer')
    t.assert.strictEqual(handled.length, 2)
    for (const span of handled) {
      const sender = spans.find(({ spanId }) => spanId === span.links[0]?.spanId)
      t.assert.strictEqual(sender?.kind, 'producer')
      t.assert.strictEqual(sender.attributes['messaging.message.id'], span.attributes['messaging.message.id'])
    }
  })

  test('the call of the provider is described as the conventions for generative AI have it', async (t: TestContext) => {
    const trace = newTrace()
    const body = { model, max_tokens: 50, stream: true, messages: [{ role: 'user', content: secretPrompt }] }
    const answer = await system.fetch('/v1/chat/completions', { headers: { traceparent: trace.traceparent }, body })
    await answer.text()
    const spans = await receiver.untilTrace(trace.traceId, names)
    const call = spans.find(({ name }) => name === `chat ${model}`)?.attributes ?? {}
    t.assert.strictEqual(call['gen_ai.operation.name'], 'chat')
    t.assert.strictEqual(call['gen_ai.provider.name'], 'openai')
    t.assert.strictEqual(call['gen_ai.request.model'], model)
    t.assert.strictEqual(call['gen_ai.response.model'], model)
    t.assert.strictEqual(call['gen_ai.request.max_tokens'], 50)
    t.assert.deepStrictEqual(call['gen_ai.response.finish_reasons'], ['stop'])
    t.assert.ok(Number(call['gen_ai.usage.input_tokens']) > 0)
    t.assert.ok(Number(call['gen_ai.usage.output_tokens']) > 0)
    t.assert.ok(Number(call['gen_ai.response.time_to_first_chunk']) > 0)
    t.assert.match(String(call['parley.response_id']), /^resp_/)
  })

  test('a trace that its client does not record has no spans', async (t: TestContext) => {
    const unsampled = newTrace('00')
    const sampled = newTrace()
    await ask(system, unsampled)
    await ask(system, sampled)
    await receiver.untilTrace(sampled.traceId, names)
    t.assert.deepStrictEqual(
      receiver.spans.filter(({ traceId }) => traceId === unsampled.traceId),
      [],
    )
  })

  test('what a caller does wrong is no failure of the service, and what a provider does wrong is', async (t: TestContext) => {
    const refused = newTrace()
    await system.fetch('/v1/chat/completions', { headers: { traceparent: refused.traceparent }, body: { model } })
    const [door] = await receiver.untilTrace(refused.traceId, ['POST /v1/chat/completions'])
    t.assert.deepStrictEqual(
      [door?.attributes['http.response.status_code'], door?.attributes['error.type'], door?.failed],
      [400, 'INVALID_REQUEST', false],
    )
    const broken = newTrace()
    const body = { model, messages: [{ role: 'user', content: '/simulate fail_status=500' }] }
    await system.fetch('/v1/chat/completions', { headers: { traceparent: broken.traceparent }, body })
    const spans = await receiver.untilTrace(broken.traceId, ['POST /v1/chat/completions', `chat ${model}`])
    const failed = new Set(spans.filter((span) => span.failed).map(({ name }) => name))
    t.assert.ok(failed.has(`chat ${model}`) && failed.has('POST /v1/chat/completions'), [...failed].join())
  })

  test('no prompt, no answer and no key leaves the process, and the provider is not told of the trace', async (t: TestContext) => {
    const trace = newTrace()
    const answer = await ask(system, trace)
    await receiver.untilTrace(trace.traceId, names)
    const sent = receiver.text()
    for (const secret of [secretPrompt, answer ?? '', system.key, 'upstream-key-of-the-tests']) {
      t.assert.ok(!sent.includes(secret), `${secret} was sent`)
    }
    const told = upstreamCalls(system, model).filter(({ traceparent }) => traceparent !== null)
    t.assert.deepStrictEqual(told, [])
  })
})

test('content and trace context go where the operator asks for them', async (t: TestContext) => {
  await using receiver = await startSpanReceiver()
  await using system = await startSystem('one-process', {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'SPAN_ONLY',
      OTEL_SERVICE_NAME: 'assistant',
      GPT_TRACED_PROVIDERS: 'openai',
    },
  })
  const trace = newTrace()
  const answer = await ask(system, trace)
  const spans = await receiver.untilTrace(trace.traceId, [`chat ${model}`])
  const call = spans.find(({ name }) => name === `chat ${model}`)
  const input = JSON.parse(String(call?.attributes['gen_ai.input.messages']))
  t.assert.deepStrictEqual(input, [{ role: 'user', parts: [{ type: 'text', content: secretPrompt }] }])
  const output = JSON.parse(String(call?.attributes['gen_ai.output.messages']))
  t.assert.strictEqual(output[0].parts[0].content, answer)
  t.assert.deepStrictEqual([...new Set(spans.map(({ service }) => service))], ['assistant'])
  const [told] = upstreamCalls(system, model)
  t.assert.strictEqual(told?.traceparent, `00-${trace.traceId}-${call?.spanId}-01`)
})

test('a backend that is down fails no request, is told of once, and does not hold up the end', async (t: TestContext) => {
  const receiver = await startSpanReceiver()
  const { url } = receiver
  await receiver[Symbol.asyncDispose]()
  const system = await startSystem('one-process', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '20', OTEL_EXPORTER_OTLP_TIMEOUT: '200' },
  })
  const told = () => system.output().split('traces cannot be sent').length - 1
  await ask(system, newTrace())
  await waitUntil(() => told() > 0, { timeoutMs: 20_000 })
  for (let round = 0; round < 5; round++) await ask(system, newTrace())
  await system.stop()
  t.assert.strictEqual(told(), 1)
})

suite('the split system, seen in Zipkin', () => {
  for (const events of ['direct', 'kafka'] as const) {
    test(`one call is one trace over all services, events ${events}`, async (t: TestContext) => {
      const zipkin = await findZipkin()
      if ('missing' in zipkin) return t.skip(zipkin.missing)
      const kafka = events === 'kafka' ? await kafkaVariant() : null
      if (kafka !== null && kafka.skip !== false) return t.skip(kafka.skip)
      await using system = await startSystem('split', {
        env: {
          OTEL_TRACES_EXPORTER: 'zipkin',
          OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${zipkin.url}/api/v2/spans`,
          OTEL_BSP_SCHEDULE_DELAY: '100',
          ...kafka?.env,
        },
      })
      const trace = newTrace()
      await ask(system, trace)
      const isWhole = (spans: readonly ZipkinSpan[]) => spans.length >= chatTree.length
      const spans = await findTrace(zipkin.url, trace.traceId, isWhole)
      const shown = spans.map(({ id, parentId = null, localEndpoint, kind = 'INTERNAL', name }) => ({
        id,
        parentId,
        label: `${localEndpoint.serviceName} ${kind.toLowerCase()} ${name}`,
      }))
      // Zipkin writes names in lower case.
      const expected = chatTree.map((line) => line.toLowerCase())
      t.assert.deepStrictEqual(treeOf(shown, trace.spanId), expected)
    })
  }
})
