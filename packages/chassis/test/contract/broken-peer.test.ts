import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { failureOf } from '@parley/testkit/failure.ts'
import { Pool } from 'undici'
import { singleInstance } from '../../contract/callee.ts'
import { createInternalAuth } from '../../contract/internal-auth.ts'
import { createRemoteClient } from '../../contract/remote-client.ts'
import { Sample, secret } from './sample.ts'

/** A peer that answers each connection's first bytes with exactly these, then closes or cuts the connection. */
async function startBroken(answer: string, { cut = false } = {}) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      if (cut) socket.resetAndDestroy()
      else socket.end(answer)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const pool = new Pool(`http://127.0.0.1:${port}`)
  const auth = createInternalAuth(secret)
  const client = createRemoteClient({ contract: Sample, caller: 'tester', callee: singleInstance(pool), auth })
  const close = async () => {
    await pool.destroy()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { client, server, [Symbol.asyncDispose]: close }
}

const once200 = (type: string, body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n${body}`
const inner = { depth: 1 }

test('a peer that does not listen is unavailable: nothing was changed', async (t) => {
  const { client, server } = await startBroken('')
  await new Promise((resolve) => server.close(resolve))
  t.assert.equal((await failureOf(client.write(testContext(inner), { key: 'k', tags: [] }))).kind, 'unavailable')
})

test('a connection that breaks under a write leaves its outcome unknown, under a read it is only unavailable', async (t) => {
  await using peer = await startBroken('', { cut: true })
  t.assert.equal(
    (await failureOf(peer.client.write(testContext(inner), { key: 'k', tags: [] }))).kind,
    'unknown-outcome',
  )
  t.assert.equal((await failureOf(peer.client.read(testContext(inner), { key: 'k' }))).kind, 'unavailable')
})

test('a stream that ends without its last line is of unknown outcome, never a success', async (t) => {
  await using peer = await startBroken(once200('application/x-ndjson', '{"frame":{"n":0}}\n{"frame":{"n":1}}\n'))
  const seen: number[] = []
  const reading = (async () => {
    for await (const { n } of peer.client.count(testContext(inner), { key: 'k', to: 9 })) seen.push(n)
  })()
  t.assert.equal((await failureOf(reading)).kind, 'unknown-outcome')
  t.assert.deepEqual(seen, [0, 1])
})

test('a line that is cut in the middle is not taken for a frame', async (t) => {
  await using peer = await startBroken(once200('application/x-ndjson', '{"frame":{"n":0}}\n{"frame":{"n":1'))
  t.assert.equal(
    (await failureOf(Array.fromAsync(peer.client.count(testContext(inner), { key: 'k', to: 9 })))).kind,
    'unknown-outcome',
  )
})

for (const [what, body] of Object.entries({
  'an answer that is HTML': '<html>Bad gateway</html>',
  'an answer of the wrong shape': '{"key":1}',
})) {
  test(`${what} is a contract failure`, async (t) => {
    await using peer = await startBroken(once200('text/html', body))
    t.assert.equal((await failureOf(peer.client.read(testContext(inner), { key: 'k' }))).kind, 'contract')
  })
}
