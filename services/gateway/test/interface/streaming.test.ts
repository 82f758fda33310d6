import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import { ChunkEncoder } from '../../interface/chat/encode-chunks.ts'
import { EventStreamWriter } from '../../interface/http/event-stream.ts'
import { fromArray } from '../fakes.ts'
import { endStep, hello, message, numbered, startStep } from '../frames.ts'
import { type Harness, startHarness } from '../harness.ts'

const chatBody = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
const responsesBody = JSON.stringify({ model: 'm', stream: true, input: 'Hi' })

/** A client that reads only when it is told to. */
async function openRaw(gateway: Harness, path: string, body: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  const head = [`POST ${path} HTTP/1.1`, 'host: x', 'authorization: Bearer key-a', 'content-type: application/json']
  socket.write([...head, `content-length: ${body.length}`, '', body].join('\r\n'))
  return socket
}

/** Waits for the end of the call, as a service would whose caller has gone. */
function untilAborted({ signal }: CallContext): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

test('frames that end without the last one never look complete', async (t: TestContext) => {
  const server = createServer((_request, raw) => {
    const encoder = new ChunkEncoder({ responseId: 'resp_1', requestId: 'req_1', includeUsage: false })
    const answer = {
      kind: 'event-stream' as const,
      frames: fromArray(hello.slice(0, 4), -1),
      encode: (frame: Frame) => encoder.encode(frame),
      encodeBreak: () => null,
      earlyFailureAsStatus: true,
    }
    const options = { headers: {}, keepAliveMs: 1_000, writeStallMs: 1_000, onStalled: () => {}, onBroken: () => {} }
    new EventStreamWriter(raw, answer, options).write()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  await t.assert.rejects(answer.text())
  server.close()
})

test('a stream that is silent for long says that it is alive, and a failure then is an event', async (t: TestContext) => {
  await using gateway = await startHarness({ config: { keepAliveMs: 20 } })
  const goOn = createLatch()
  gateway.fakes.script = async function* () {
    yield* hello.slice(0, 1)
    await goOn.wait()
    const failure = { code: 'PROVIDER_STALLED', message: 'It stopped.', status: 504 }
    yield { seq: 1, step: endStep({ status: 'failed', finish: null, failure }) }
  }
  const answer = await gateway.post('/v1/responses', responsesBody)
  t.assert.strictEqual(answer.status, 200)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader() ?? t.assert.fail()
  let text = ''
  while (text.split(': keep-alive\n\n').length < 3) text += (await reader.read()).value
  goOn.open()
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value
  t.assert.match(text, /^event: response\.created\n.*\n\nevent: response\.in_progress\n.*\n\n: keep-alive\n\n/)
  t.assert.match(text, /event: response\.failed\n.*\n\ndata: \[DONE\]\n\n$/)
})

test('a client that leaves takes the call with it', async (t: TestContext) => {
  await using gateway = await startHarness()
  for (const [path, body] of [
    ['/v1/chat/completions', chatBody],
    ['/v1/responses', responsesBody],
    ['/v1/chat/completions', chatBody.replace('"stream":true,', '')],
  ] as const) {
    const running = createLatch()
    const stopped = createLatch<unknown>()
    gateway.fakes.script = async function* (context) {
      yield* hello.slice(0, 3)
      running.open()
      try {
        await untilAborted(context)
      } catch (error) {
        stopped.open(error)
        throw error
      }
    }
    const socket = await openRaw(gateway, path, body)
    await running.wait()
    socket.destroy()
    const reason = await stopped.wait()
    t.assert.ok(reason instanceof AppError && reason.code === 'CALL_CANCELLED')
  }
  await waitUntil(() => gateway.logLines.filter((line) => 'http.response.status_code' in line).length === 3)
  t.assert.deepStrictEqual(
    gateway.logLines.map((line) => line['http.response.status_code']),
    [499, 499, 499],
  )
})

test('a stream that breaks breaks the connection, or says so where the wire can', async (t: TestContext) => {
  await using gateway = await startHarness()
  const breakOff = (error: AppError) => {
    gateway.fakes.script = async function* (_context, after) {
      yield* fromArray(hello.slice(0, 3), after)
      throw error
    }
  }
  breakOff(new AppError('RESPONSE_NOT_FOUND', 'It is gone.'))
  const responses = await gateway.post('/v1/responses', responsesBody)
  await t.assert.rejects(responses.text())
  const chat = await (await gateway.post('/v1/chat/completions', chatBody)).text()
  t.assert.match(chat, /data: \{"error":\{"message":"The request was accepted, but.*\n\n$/)
  t.assert.doesNotMatch(chat, /\[DONE\]/)
  const broken = gateway.logLines.filter(({ msg }) => msg === 'stream broke off')
  t.assert.deepStrictEqual(
    broken.map((line) => line['error.code']),
    ['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN'],
  )
})

function longStream(size: number, count: number): { frames: AsyncGenerator<Frame>; sent: () => number } {
  let sent = 0
  async function* generate(): AsyncGenerator<Frame> {
    yield { seq: 0, step: startStep() }
    yield { seq: 1, step: { type: 'item-start', index: 0, item: message('', 'in_progress') } }
    for (; sent < count; sent++)
      yield { seq: sent + 2, step: { type: 'text-delta', index: 0, delta: 'x'.repeat(size) } }
    yield { seq: count + 2, step: endStep() }
  }
  return { frames: generate(), sent: () => sent }
}

test('a client that reads nothing holds back its stream, and is dropped', async (t: TestContext) => {
  await using gateway = await startHarness({ config: { writeStallMs: 200 } })
  const { frames, sent } = longStream(64 * 1024, 10_000)
  gateway.fakes.script = () => frames
  const socket = await openRaw(gateway, '/v1/chat/completions', chatBody)
  socket.pause()
  await waitUntil(() => gateway.logLines.some((line) => line['http.response.status_code'] === 499), {
    timeoutMs: 10_000,
  })
  t.assert.ok(sent() < 1_000, `${sent()} chunks of 64 KiB were taken for a client that read none`)
  t.assert.match(await gateway.metrics.metrics(), /parley_gateway_clients_dropped_total 1/)
  t.assert.match(await gateway.metrics.metrics(), /parley_gateway_open_streams 0/)
  socket.destroy()
})

test('a client that reads slowly gets everything', async (t: TestContext) => {
  await using gateway = await startHarness()
  const { frames } = longStream(32 * 1024, 100)
  gateway.fakes.script = () => frames
  const stream = await gateway.client().chat.completions.create({
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  let chars = 0
  for await (const chunk of stream) {
    chars += chunk.choices[0]?.delta.content?.length ?? 0
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.assert.strictEqual(chars, 100 * 32 * 1024)
})

test('each event is written whole', async (t: TestContext) => {
  await using gateway = await startHarness()
  const goOns = hello.map(() => createLatch())
  gateway.fakes.script = async function* () {
    for (const [index, frame] of hello.entries()) {
      if (index > 1) await goOns[index]?.wait()
      yield frame
    }
  }
  const answer = await gateway.post('/v1/responses', responsesBody)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader() ?? t.assert.fail()
  for (let index = 1; ; index++) {
    const { done, value } = await reader.read()
    if (done) break
    t.assert.match(value, /\n\n$/)
    for (const latch of goOns.slice(0, index + 2)) latch.open()
  }
})

test('a stopping gateway waits for its streams, and cuts off those that take too long', async (t: TestContext) => {
  await using gateway = await startHarness()
  await gateway.open.drain(AbortSignal.abort())
  const goOn = createLatch()
  const script = async function* () {
    yield* hello.slice(0, 3)
    await goOn.wait()
    yield* hello.slice(3)
  }
  gateway.fakes.script = script
  const patient = await gateway.post('/v1/chat/completions', chatBody)
  const drained = gateway.open.drain(new AbortController().signal)
  goOn.open()
  await drained
  t.assert.match(await patient.text(), /\[DONE\]/)
  gateway.fakes.script = async function* (context) {
    yield* hello.slice(0, 3)
    await untilAborted(context)
  }
  const cut = await gateway.post('/v1/chat/completions', chatBody)
  await gateway.open.drain(AbortSignal.timeout(20))
  await t.assert.rejects(cut.text())
})

test('a request has only so much time', async (t: TestContext) => {
  await using gateway = await startHarness({ config: { requestTimeoutMs: 30 } })
  gateway.fakes.script = async function* (context) {
    yield* numbered([startStep()])
    await untilAborted(context)
  }
  const { status, headers } = await gateway.post('/v1/chat/completions', chatBody.replace('"stream":true,', ''))
  t.assert.deepStrictEqual([status, headers.get('x-should-retry')], [504, 'false'])
})
