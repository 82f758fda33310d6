import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findFreePorts } from '../../harness/free-ports.ts'
import { ChaosProxy } from '../rig/chaos-proxy.ts'

/** A server that sends everything back, behind a proxy, and one client of it. */
async function startEcho() {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const proxy = await ChaosProxy.start(await findFreePorts(1), (server.address() as AddressInfo).port)
  const open = async () => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1' })
    let received = ''
    let error: unknown = null
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text
    })
    socket.on('error', (thrown) => {
      error = thrown
    })
    await once(socket, 'connect')
    return { socket, received: () => received, error: () => error }
  }
  return {
    proxy,
    open,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('the chaos proxy', () => {
  test('bytes that were held back arrive in order once the way is open', async (t: TestContext) => {
    await using echo = await startEcho()
    const client = await echo.open()
    client.socket.write('a')
    await waitUntil(() => client.received() === 'a')
    echo.proxy.setMode({ kind: 'hold', directions: ['to-client'] })
    client.socket.write('b')
    const other = await echo.open()
    other.socket.write('x')
    await t.assert.rejects(waitUntil(() => client.received() !== 'a', { timeoutMs: 100 }))
    echo.proxy.setMode({ kind: 'slow', latencyMs: 1, bytesPerSecond: 1_000_000 })
    client.socket.write('c')
    await waitUntil(() => client.received() === 'abc' && other.received() === 'x')
  })

  test('a cut resets what is open and what comes', async (t: TestContext) => {
    await using echo = await startEcho()
    const client = await echo.open()
    echo.proxy.setMode({ kind: 'cut' })
    await waitUntil(() => client.error() !== null)
    const late = await echo.open().catch((error: unknown) => error)
    if (!(late instanceof Error)) await waitUntil(() => (late as typeof client).error() !== null)
    echo.proxy.setMode({ kind: 'open' })
    const again = await echo.open()
    again.socket.write('a')
    await waitUntil(() => again.received() === 'a')
    t.assert.equal(client.received(), '')
  })

  test('a connection is reset after a number of bytes, once', async (t: TestContext) => {
    await using echo = await startEcho()
    const client = await echo.open()
    echo.proxy.resetAfter(3)
    client.socket.write('ab')
    await waitUntil(() => client.received() === 'ab')
    client.socket.write('cd')
    await waitUntil(() => client.error() !== null)
    const again = await echo.open()
    again.socket.write('abcdef')
    await waitUntil(() => again.received() === 'abcdef')
    t.assert.equal(again.error(), null)
  })
})
