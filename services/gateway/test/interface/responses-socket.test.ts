import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { numbered, startStep } from '../frames.ts'
import { key, startHarness } from '../harness.ts'

interface Received {
  readonly type: string
  readonly error?: { readonly code: string }
}

function connect(url: string, secret = 'key-a') {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
    headers: { authorization: `Bearer ${secret}` },
  })
  const received: Received[] = []
  socket.on('message', (data) => received.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code]) => code as number)
  return {
    socket,
    received,
    closed,
    opened: once(socket, 'open'),
    ask: (body: object) => socket.send(JSON.stringify({ type: 'response.create', ...body })),
    async untilMessage(type: string) {
      while (!received.some((event) => event.type === type)) await once(socket, 'message')
      return received.find((event) => event.type === type)
    },
  }
}

test('a message larger than a body may be ends the connection', async (t: TestContext) => {
  await using gateway = await startHarness({ config: { bodyBytesMax: 2_000 } })
  const client = connect(gateway.url)
  await client.opened
  client.ask({ input: 'x'.repeat(3_000) })
  t.assert.strictEqual(await client.closed, 1009)
})

test('more turns than may wait end the connection', async (t: TestContext) => {
  await using gateway = await startHarness()
  const running = Promise.withResolvers<void>()
  gateway.fakes.script = async function* () {
    yield* numbered([startStep()])
    await running.promise
  }
  const client = connect(gateway.url)
  await client.opened
  for (let count = 0; count < 20; count++) client.ask({ input: 'x' })
  t.assert.strictEqual(await client.closed, 1008)
  running.resolve()
})

test('beyond the number of connections that may be open there is none', async (t: TestContext) => {
  await using gateway = await startHarness({ config: { socketsMax: 1 } })
  const first = connect(gateway.url)
  await first.opened
  const second = connect(gateway.url)
  second.opened.catch(() => {})
  second.closed.catch(() => {})
  const [, answer] = await once(second.socket, 'unexpected-response')
  t.assert.strictEqual(answer.statusCode, 503)
  second.socket.on('error', () => {})
  second.socket.terminate()
})

test('each turn counts against the limit of its key', async (t: TestContext) => {
  const keys = { slow: { ...key('tenant-slow'), requestsPerMinute: 1 } }
  await using gateway = await startHarness({ keys })
  const client = connect(gateway.url, 'slow')
  await client.opened
  client.ask({ input: 'x' })
  await client.untilMessage('response.completed')
  for (let count = 0; count < 10; count++) client.ask({ input: 'x' })
  t.assert.strictEqual((await client.untilMessage('error'))?.error?.code, 'rate_limit_exceeded')
})

test('a stopping server lets the turn under way end, and closes', async (t: TestContext) => {
  await using gateway = await startHarness()
  const idle = connect(gateway.url)
  const busy = connect(gateway.url)
  await Promise.all([idle.opened, busy.opened])
  const running = Promise.withResolvers<void>()
  const { script } = gateway.fakes
  gateway.fakes.script = async function* (context, after) {
    await running.promise
    yield* script(context, after)
  }
  busy.ask({ input: 'x' })
  while (gateway.fakes.submissions.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const drained = gateway.sockets.drain(new AbortController().signal)
  t.assert.strictEqual(await idle.closed, 1001)
  running.resolve()
  t.assert.strictEqual(await busy.closed, 1001)
  t.assert.ok(busy.received.some(({ type }) => type === 'response.completed'))
  await drained
})
