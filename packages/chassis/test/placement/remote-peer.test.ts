import { test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { failureOf } from '@parley/testkit/failure.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { pino } from 'pino'
import { Type } from 'typebox'
import { type Contract, call, defineContract } from '../../contract/define-contract.ts'
import { createInternalAuth } from '../../contract/internal-auth.ts'
import { createRemoteClient } from '../../contract/remote-client.ts'
import { RemotePeer } from '../../placement/remote-peer.ts'
import { Sample, secret, startRemote } from '../contract/sample.ts'

const log = pino({ level: 'silent' })

function peerOf(url: string, contract: Contract = Sample, key = secret): RemotePeer {
  const peer = new RemotePeer({ contract, url: new URL(url), auth: createInternalAuth(key), caller: 'tester', log })
  peer.start()
  return peer
}

test('a peer with the same contract is ready', async (t) => {
  await using side = await startRemote()
  await using peer = peerOf(side.url)
  t.assert.match(peer.notReady().join(), /has not answered yet/)
  await waitUntil(() => peer.notReady().length === 0, { what: 'the handshake' })
})

test('a breaking difference is not ready, in words, and calls are refused', async (t) => {
  await using side = await startRemote()
  const Newer = defineContract('sample', {
    version: '1.1',
    calls: {
      ...Sample.calls,
      erase: call({ http: 'POST /erase', in: Type.Object({}), out: Type.Object({}), effect: 'write' }),
    },
    events: {},
  })
  await using peer = peerOf(side.url, Newer)
  await waitUntil(() => peer.notReady().some((reason) => reason.includes('another contract')), {
    what: 'the handshake',
  })
  t.assert.match(peer.notReady().join(), /sample at http.* has another contract: it has no call erase/)
  const client = createRemoteClient({
    contract: Newer,
    caller: 'tester',
    callee: {
      begin() {
        peer.assertCompatible()
        return { pool: peer.pool, streams: peer.streams, ended: () => {} }
      },
      beginElsewhere: () => null,
    },
    auth: createInternalAuth(secret),
  })
  t.assert.equal((await failureOf(client.read(testContext(), { key: 'k' }))).kind, 'contract')
  t.assert.deepEqual(side.log.called, [])
})

test('a secret that differs is named', async (t) => {
  await using side = await startRemote()
  await using peer = peerOf(side.url, Sample, 'another-secret-of-at-least-32-characters')
  await waitUntil(() => /cannot be asked/.test(peer.notReady().join()), { what: 'the refusal' })
  t.assert.match(peer.notReady().join(), /PARLEY_INTERNAL_SECRET differs/)
})

test('a peer that starts later becomes ready by itself', async (t) => {
  const { url } = await (async () => {
    await using early = await startRemote()
    return { url: early.url }
  })()
  await using peer = peerOf(url)
  await waitUntil(() => /cannot be asked/.test(peer.notReady().join()), { what: 'the first failure' })
  await using side = await startRemote({ port: Number(new URL(url).port) })
  await waitUntil(() => peer.notReady().length === 0, { what: 'the handshake' })
  t.assert.deepEqual(side.log.called, [])
})

test('streams that are held open, however many, leave room for calls', async (t) => {
  await using side = await startRemote()
  await using peer = peerOf(side.url)
  const { pool, streams } = peer
  const client = createRemoteClient({
    contract: Sample,
    caller: 'tester',
    callee: { begin: () => ({ pool, streams, ended: () => {} }), beginElsewhere: () => null },
    auth: createInternalAuth(secret),
  })
  const left = new AbortController()
  const context = testContext({ deadlineMs: 50_000, signal: left.signal })
  const held = Array.from({ length: 300 }, (_, index) =>
    client.count(context, { key: `k${index}`, to: 2, hangAt: 1 })[Symbol.asyncIterator](),
  )
  t.assert.deepEqual(
    await Promise.all(held.map(async (one) => (await one.next()).value)),
    held.map(() => ({ n: 0 })),
  )
  t.assert.equal((await client.read(testContext({ deadlineMs: 20_000 }), { key: 'k' })).key, 'k')
  left.abort()
  await Promise.all(held.map((one) => one.return?.(undefined)))
})
