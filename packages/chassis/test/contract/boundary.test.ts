import { describe, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { failureOf } from '@parley/testkit/failure.ts'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import { CallScope } from '../../contract/call-scope.ts'
import { createInternalAuth } from '../../contract/internal-auth.ts'
import { AppError } from '../../values/errors.ts'
import { type SampleSide, startLocal, startRemote } from './sample.ts'

/** Everything a caller can observe must be the same wherever the callee runs. */
const sides: Record<string, () => SampleSide | Promise<SampleSide>> = {
  'in process': () => startLocal(false),
  'in process, strict': () => startLocal(true),
  'over HTTP': () => startRemote(),
}

for (const [where, start] of Object.entries(sides)) {
  describe(`a call ${where}`, () => {
    test('answers with what the callee returned', async (t) => {
      await using side = await start()
      t.assert.deepEqual(await side.client.read(testContext(), { key: 'a b/ü?', count: 3 }), {
        key: 'a b/ü?',
        count: 3,
      })
      t.assert.deepEqual(await side.client.write(testContext(), { key: 'k', tags: ['x', '1'] }), { tags: ['x', '1'] })
    })

    test('raises the error that the callee threw, code and field included', async (t) => {
      await using side = await start()
      const error = await failureOf(side.client.write(testContext(), { key: 'missing', tags: [] }))
      t.assert.equal(error.code, 'SESSION_NOT_FOUND')
      t.assert.equal(error.kind, 'app')
      t.assert.equal(error.message, 'No such session.')
      t.assert.equal(error.param, 'key')
    })

    test('is bounded by its own deadline and cancels the callee when it has passed', async (t) => {
      await using side = await start()
      const error = await failureOf(side.client.write(testContext(), { key: 'slow', tags: [] }))
      t.assert.equal(error.code, 'CALL_TIMEOUT')
      t.assert.equal(error.kind, 'timeout')
      await waitUntil(() => side.log.aborted.includes('write'), { what: 'the abort to reach the callee' })
    })

    test('is bounded by what is left of the caller’s deadline', async (t) => {
      await using side = await start()
      using caller = root({ deadlineMs: 100 })
      const error = await failureOf(side.client.wait(caller.scope, {}))
      t.assert.equal(error.code, 'CALL_TIMEOUT')
      await waitUntil(() => side.log.aborted.includes('wait'), { what: 'the abort to reach the callee' })
    })

    test('is cancelled at the callee when the caller goes away', async (t) => {
      await using side = await start()
      using caller = root({ deadlineMs: 60_000 })
      const pending = failureOf(side.client.wait(caller.scope, {}))
      await waitUntil(() => side.log.called.includes('wait'), { what: 'the call to arrive' })
      caller.scope.end(new AppError('CALL_CANCELLED', 'gone'))
      t.assert.equal((await pending).code, 'CALL_CANCELLED')
      await waitUntil(() => side.log.aborted.includes('wait'), { what: 'the abort to reach the callee' })
    })

    test('carries who asks, the correlation, the depth and the time that is left', async (t) => {
      await using side = await start()
      const context = testContext({ tenant: 'acme', correlationId: 'corr-1', deadlineMs: 2_000 })
      const seen = await side.client.whoAmI(context, {})
      t.assert.equal(seen.tenant, 'acme')
      t.assert.equal(seen.correlationId, 'corr-1')
      t.assert.equal(seen.depth, 1)
      t.assert.equal(Number(seen.remainingMs) <= 2_000 && Number(seen.remainingMs) > 0, true)
    })

    test('refuses to go round in circles', async (t) => {
      await using side = await start()
      const error = await failureOf(side.client.read(testContext({ depth: 16 }), { key: 'k' }))
      t.assert.match(error.message, /circle/)
    })

    test('streams frames in order until the end', async (t) => {
      await using side = await start()
      const frames = await Array.fromAsync(side.client.count(testContext(), { key: 'k', to: 1_000 }))
      t.assert.equal(frames.length, 1_000)
      t.assert.deepEqual(frames.at(-1), { n: 999 })
    })

    test('raises a failure before the first frame and after some alike', async (t) => {
      await using side = await start()
      for (const failAt of [0, 5]) {
        const seen: number[] = []
        const error = await failureOf(consume(side.client.count(testContext(), { key: 'k', to: 9, failAt }), seen))
        t.assert.equal(error.code, 'OVERLOADED')
        t.assert.equal(error.retryAfterMs, 250)
        t.assert.equal(seen.length, failAt)
      }
    })

    test('stops the callee when the consumer of a stream stops reading', async (t) => {
      await using side = await start()
      for await (const { n } of side.client.count(testContext(), { key: 'k', to: 10, hangAt: 2 })) {
        if (n === 1) break
      }
      await using again = await start()
      using caller = root({ deadlineMs: 60_000 })
      const arrived = createLatch()
      const reading = failureOf(
        (async () => {
          for await (const { n } of again.client.count(caller.scope, { key: 'k', to: 10, hangAt: 2 })) {
            if (n === 1) arrived.open()
          }
        })(),
      )
      await arrived.wait()
      caller.scope.end(new AppError('CALL_CANCELLED', 'gone'))
      t.assert.equal((await reading).code, 'CALL_CANCELLED')
      await waitUntil(() => again.log.aborted.includes('count'), { what: 'the abort to reach the callee' })
    })
  })
}

for (const where of ['in process, strict', 'over HTTP'] as const) {
  describe(`a call ${where}`, () => {
    const start = sides[where] as () => SampleSide | Promise<SampleSide>

    test('with input that breaks the contract is refused and names the field', async (t) => {
      await using side = await start()
      const error = await failureOf(side.client.write(testContext(), { key: 'k', tags: [1] } as never))
      t.assert.equal(error.code, 'CONTRACT_VIOLATED')
      t.assert.match(error.message, /tags\[0\]/)
      t.assert.deepEqual(side.log.called, [])
    })

    test('whose answer breaks the contract is a contract failure', async (t) => {
      await using side = await start()
      const error = await failureOf(side.client.wrong(testContext(), {}))
      t.assert.equal(error.kind, 'contract')
    })
  })
}

test('an unexpected failure of a callee tells a remote caller nothing of the inside', async (t) => {
  await using side = await startRemote()
  const error = await failureOf(side.client.explode(testContext(), {}))
  t.assert.equal(error.code, 'INTERNAL')
  t.assert.doesNotMatch(error.message, /secret/)
})

test('a strict local call shares no memory with its callee', async (t) => {
  await using side = startLocal(true)
  const tags = ['x']
  const answer = await side.client.write(testContext(), { key: 'k', tags })
  t.assert.notEqual(answer.tags, tags)
  t.assert.throws(() => answer.tags.push('y'), TypeError)
})

test('a call without the shared secret is refused', async (t) => {
  await using side = await startRemote({ clientAuth: createInternalAuth('another-secret-of-at-least-32-characters') })
  const error = await failureOf(side.client.read(testContext(), { key: 'k' }))
  t.assert.equal(error.code, 'CALLER_UNAUTHENTICATED')
  t.assert.deepEqual(side.log.called, [])
})

test('a local call can be made to fail in every way a remote one does', async (t) => {
  await using side = startLocal(false)
  const write = () => failureOf(side.client.write(testContext({ depth: 1 }), { key: 'k', tags: [] }))
  side.faults?.inject({ service: 'sample', call: 'write', fault: 'unavailable', times: 1 })
  t.assert.equal((await write()).kind, 'unavailable')
  t.assert.deepEqual(side.log.called, [])
  side.faults?.inject({ service: 'sample', call: 'write', fault: 'timeout', times: 1 })
  t.assert.equal((await write()).kind, 'timeout')
  side.faults?.inject({ service: 'sample', call: 'write', fault: 'unknown-outcome', times: 1 })
  t.assert.equal((await write()).kind, 'unknown-outcome')
  t.assert.deepEqual(side.log.called, ['write k'], 'an unknown outcome may have happened')
})

test('only the outermost caller repeats a call that failed in passing', async (t) => {
  await using side = startLocal(false)
  side.faults?.inject({ service: 'sample', call: 'write', fault: 'unavailable', times: 2 })
  t.assert.deepEqual(await side.client.write(testContext({ depth: 0 }), { key: 'k', tags: [] }), { tags: [] })
  side.faults?.inject({ service: 'sample', call: 'write', fault: 'unavailable', times: 1 })
  t.assert.equal(
    (await failureOf(side.client.write(testContext({ depth: 1 }), { key: 'k', tags: [] }))).kind,
    'unavailable',
  )
})

test('a write that must not be repeated is repeated only when it surely had no effect', async (t) => {
  await using side = startLocal(false)
  const add = () => side.client.add(testContext({ depth: 0 }), {})
  side.faults?.inject({ service: 'sample', call: 'add', fault: 'unavailable', times: 2 })
  await add()
  t.assert.deepEqual(side.log.called, ['add'])
  side.faults?.inject({ service: 'sample', call: 'add', fault: 'unknown-outcome', times: 1 })
  t.assert.equal((await failureOf(add())).kind, 'unknown-outcome')
  t.assert.deepEqual(side.log.called, ['add', 'add'])
})

async function consume(frames: AsyncIterable<{ n: number }>, seen: number[]): Promise<void> {
  for await (const { n } of frames) seen.push(n)
}

function root({ deadlineMs }: { deadlineMs: number }): Disposable & { scope: CallScope } {
  const { principal, requestId, correlationId } = testContext()
  const scope = CallScope.root({
    principal,
    requestId,
    correlationId,
    causationId: null,
    traceparent: null,
    depth: 0,
    deadlineMs,
  })
  return { scope, [Symbol.dispose]: () => scope.close() }
}
